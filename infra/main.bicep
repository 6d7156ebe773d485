// Seatwise in one resource group of one subscription. `azd up` asks for the parameters, `azd down --purge` removes it all.
targetScope = 'subscription'

@description('The name of this installation: part of every resource name.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('The Azure region of everything but the static site.')
param location string

@description('The region that the static site is managed from; its pages are served world-wide.')
@allowed(['westus2', 'centralus', 'eastus2', 'westeurope', 'eastasia'])
param webLocation string = 'westeurope'

@description('Object id of the person or pipeline that deploys: may put the first secrets into the vault. Empty: nobody.')
param principalId string = ''

@description('How mails leave.')
@allowed(['sendgrid', 'ses', 'smtp'])
param mailTransport string

@description('The address that mails come from.')
param sender string

@description('A mailbox that a person reads: answers to mails go there. Empty: to the sender.')
param replyTo string = ''

@description('The app registration that partners consent to when they bring none; its secret is the vault\'s.')
param partnerClientId string = ''

@description('Settings of the mail transports that are no secret, by their SEATWISE_MAIL_ names; an empty one counts as none.')
param mailSettings object

@description('Client id of the app registration that people sign in to.')
param apiClientId string

@description('Ids of the Entra tenants that may open an account, several by comma.')
param ownerTenants string

@description('The https address of the app when it has a domain of its own. Empty: its azurewebsites.net address.')
param publicUrl string = ''

@description('The https address of the front end when it has a domain of its own. Empty: the static site\'s address.')
param webOrigin string = ''

@description('Where Azure tells that the app failed, stands still or costs more than planned.')
param operatorEmail string

@description('What a month may cost before the operator is told, in the currency of the subscription.')
@minValue(1)
param monthlyBudget int = 50

@description('The first day of the budget\'s first month, for example 2026-12-01.')
param budgetStart string

// The one place of names.
var token = toLower(uniqueString(subscription().id, environmentName, location))
var names = {
  resourceGroup: 'rg-seatwise-${environmentName}'
  identity: 'id-seatwise-${token}'
  storage: 'stseatwise${take(token, 13)}'
  vault: 'kv-seatwise-${take(token, 11)}'
  workspace: 'log-seatwise-${token}'
  insights: 'appi-seatwise-${token}'
  plan: 'plan-seatwise-${token}'
  app: 'func-seatwise-${token}'
  web: 'swa-seatwise-${token}'
  operators: 'ag-seatwise-${token}'
  budget: 'budget-seatwise-${token}'
}
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: names.resourceGroup
  location: location
  tags: tags
}

module identity 'identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: names.identity
    location: location
    tags: tags
  }
}

module storage 'storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: names.storage
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
  }
}

module vault 'vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: names.vault
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
  }
}

module web 'web.bicep' = {
  name: 'web'
  scope: group
  params: {
    name: names.web
    location: webLocation
    tags: union(tags, { 'azd-service-name': 'web' })
  }
}

var appAddress = empty(publicUrl) ? 'https://${names.app}.azurewebsites.net' : publicUrl
var webAddress = empty(webOrigin) ? web.outputs.address : webOrigin

module app 'app.bicep' = {
  name: 'app'
  scope: group
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: union(tags, { 'azd-service-name': 'api' })
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: names.storage
    deploymentContainer: storage.outputs.deploymentContainer
    insightsConnection: monitoring.outputs.connection
    settings: {
      vaultUrl: vault.outputs.url
      mailTransport: mailTransport
      mailSettings: mailSettings
      sender: sender
      replyTo: replyTo
      partnerClientId: partnerClientId
      publicUrl: appAddress
      webOrigin: webAddress
      apiClientId: apiClientId
      ownerTenants: ownerTenants
    }
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    groupName: names.operators
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    operatorEmail: operatorEmail
  }
}

module budget 'budget.bicep' = {
  name: 'budget'
  scope: group
  params: {
    name: names.budget
    amount: monthlyBudget
    startDate: budgetStart
    operatorEmail: operatorEmail
  }
}

output AZURE_RESOURCE_GROUP string = names.resourceGroup
output AZURE_KEY_VAULT_NAME string = names.vault
output AZURE_STORAGE_ACCOUNT string = names.storage
output SEATWISE_APP_NAME string = names.app
output SEATWISE_API_CLIENT_ID string = apiClientId
output SEATWISE_PUBLIC_URL string = appAddress
output SEATWISE_WEB_ORIGIN string = webAddress
