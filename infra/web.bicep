// The front end on its own host name: it calls the app by CORS and is never linked in front of it.
param name string
param location string
param tags object

resource site 'Microsoft.Web/staticSites@2024-11-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Free', tier: 'Free' }
  properties: {}
}

output address string = 'https://${site.properties.defaultHostname}'
