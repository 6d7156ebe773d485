"""What a custom licence counts, in words."""

from shared.licensing.custom_licences.rules import Rule, RuleKind


def described(rule: Rule) -> str:
    """For a person, within a sentence."""
    if rule.kind is RuleKind.SUM:
        return (
            "the seats of a licence"
            if len(rule.sku_ids) == 1
            else f"the seats of {len(rule.sku_ids)} licences"
        )
    if rule.kind is RuleKind.GROUP_MEMBERS:
        return f"users of the group {rule.group_id} and of groups within it{_without(rule)}"
    if rule.kind is RuleKind.MAILBOXES:
        return (
            f"{' and '.join(f'{kind.value} mailboxes' for kind in rule.mailboxes)}, with a licence or without"
        )
    of = f" of {', '.join(rule.domains)}" if rule.domains else ""
    return f"users{of} with a licence that costs money{_without(rule)}"


def _without(rule: Rule) -> str:
    kinds = (("guests", rule.without_guests), ("disabled accounts", rule.without_disabled))
    left_out = [what for what, is_left_out in kinds if is_left_out]
    return f", without {' and '.join(left_out)}" if left_out else ""
