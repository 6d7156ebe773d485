// What Azure tells the operator: what Seatwise cannot tell by mail, because it stands still or fails itself.
param groupName string
param location string
param tags object
param workspaceId string
param operatorEmail string

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: groupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'seatwise'
    emailReceivers: [{ name: 'operator', emailAddress: operatorEmail, useCommonAlertSchema: true }]
  }
}

// Names of functions are those of functions/queues/; tests/infra compares.
var rules = [
  {
    name: 'seatwise-poison'
    title: 'Seatwise: a message could not be processed'
    query: 'AppRequests | where Name endswith "_poison"'
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT15M'
    window: 'PT15M'
    lookBack: 'PT15M'
  }
  {
    name: 'seatwise-host'
    title: 'Seatwise: no tick has succeeded for an hour'
    query: 'AppRequests | where Name == "tick" and Success == true'
    operator: 'LessThan'
    threshold: 1
    every: 'PT15M'
    window: 'PT1H'
    lookBack: 'PT1H'
  }
  {
    name: 'seatwise-sync'
    title: 'Seatwise: no nightly sync has ended for 26 hours'
    query: 'AppRequests | summarize first = minif(TimeGenerated, Name == "check_account"), ended = countif(Name == "close_run" and Success == true and TimeGenerated > ago(26h)) | where first < ago(26h) and ended == 0'
    operator: 'GreaterThan'
    threshold: 0
    every: 'PT1H'
    window: 'P1D'
    lookBack: 'P2D'
  }
]

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: 'docs/alerts.md says what to do.'
      enabled: true
      severity: 1
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      overrideQueryTimeRange: rule.lookBack
      autoMitigate: true
      skipQueryValidation: true // a new workspace has no table AppRequests before the first request
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [operators.id] }
    }
  }
]
