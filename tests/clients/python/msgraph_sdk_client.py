"""Microsoft's own SDK of Graph with nothing set: its models and its page iterator."""

import asyncio

from azure.identity import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.directory.subscriptions.subscriptions_request_builder import (
    SubscriptionsRequestBuilder,
)
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.user import User
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator
from steps import WORLD, refused, step


def graph(tenant: str) -> GraphServiceClient:
    return GraphServiceClient(ClientSecretCredential(tenant, WORLD["app"], WORLD["secret"]))


async def main() -> None:
    client = graph(WORLD["tenant"])
    with step("users, nothing set"):
        users = await client.users.get()
        assert len(users.value) == 32
        assert all(not user.additional_data for user in users.value)
    with step("one user and its licence details"):
        user = await client.users.by_user_id(users.value[0].id).get()
        assert user.user_principal_name == users.value[0].user_principal_name
        assert (await client.users.by_user_id(user.id).license_details.get()).value
    with step("all 1,240 users of a large tenant, page by page"):
        large = graph(WORLD["large_tenant"])
        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=500)
        first = await large.users.get(RequestConfiguration(query_parameters=query))
        seen: set[str] = set()

        def goes_on(user: User) -> bool:
            seen.add(str(user.id))
            return True

        await PageIterator(first, large.request_adapter).iterate(goes_on)
        assert len(seen) == 1240
    with step("SKUs and the organization"):
        assert (await client.subscribed_skus.get()).value
        assert (await client.organization.get()).value
    with step("subscriptions by a filter"):
        query = SubscriptionsRequestBuilder.SubscriptionsRequestBuilderGetQueryParameters(
            filter="isTrial eq true"
        )
        rows = await client.directory.subscriptions.get(RequestConfiguration(query_parameters=query))
        assert rows.value == []
    with step("a misspelt property is refused"):
        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["nope"])
        with refused(ODataError, "BadRequest"):
            await client.users.get(RequestConfiguration(query_parameters=query))
    with step("an unknown user is not found"), refused(ODataError, "Request_ResourceNotFound"):
        await client.users.by_user_id("nobody@example.com").get()
    partner = graph(WORLD["partner_tenant"])
    with step("relationships, customers and contracts of the partner"):
        relations = partner.tenant_relationships
        assert (await relations.delegated_admin_relationships.get()).value
        assert (await relations.delegated_admin_customers.get()).value
        assert (await partner.contracts.get()).value


asyncio.run(main())
