// The Functions app: Flex Consumption, Python 3.13. Azure scales its HTTP functions apart from each queue's.
param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param deploymentContainer string
param insightsConnection string
param settings object

// Secrets of the installation are read from the vault by the app's identity; docs/deploy.md puts them there.
var secretUrl = '${settings.vaultUrl}secrets'
var linkKeys = '@Microsoft.KeyVault(SecretUri=${secretUrl}/installation-link-keys)'
var partnerSecret = '@Microsoft.KeyVault(SecretUri=${secretUrl}/installation-partner-app)'
var mailSecret = '@Microsoft.KeyVault(SecretUri=${secretUrl}/installation-mail)'

var storageSettings = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
}

var seatwiseSettings = {
  SEATWISE_KEY_VAULT: settings.vaultUrl
  SEATWISE_LINK_KEYS: linkKeys
  SEATWISE_PUBLIC_URL: settings.publicUrl
  SEATWISE_WEB_ORIGIN: settings.webOrigin
  SEATWISE_API_CLIENT_ID: settings.apiClientId
  SEATWISE_OWNER_TENANTS: settings.ownerTenants
  SEATWISE_PARTNER_CLIENT_ID: settings.partnerClientId
  SEATWISE_PARTNER_CLIENT_SECRET: empty(settings.partnerClientId) ? '' : partnerSecret
  SEATWISE_SENDER: settings.sender
  SEATWISE_REPLY_TO: settings.replyTo
  SEATWISE_MAIL: settings.mailTransport
  SEATWISE_CLAIM_SECONDS: '600'
  SEATWISE_SETTLE_SECONDS: '120'
}

// The one secret of each mail transport.
var mailSecrets = {
  sendgrid: { SEATWISE_MAIL_API_KEY: mailSecret }
  ses: { SEATWISE_MAIL_SECRET_ACCESS_KEY: mailSecret }
  smtp: empty(settings.mailSettings.SEATWISE_MAIL_USER) ? {} : { SEATWISE_MAIL_PASSWORD: mailSecret }
}

var workerSettings = {
  PYTHON_THREADPOOL_THREAD_COUNT: '32'
  MALLOC_ARENA_MAX: '2'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

var allSettings = union(
  storageSettings,
  seatwiseSettings,
  settings.mailSettings,
  mailSecrets[settings.mailTransport],
  workerSettings
)

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      appSettings: [for setting in items(allSettings): { name: setting.key, value: setting.value }]
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainer
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        alwaysReady: []
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
      runtime: { name: 'python', version: '3.13' }
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}
