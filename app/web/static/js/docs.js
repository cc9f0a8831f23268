// Draws the service's own document with Swagger UI. Nothing is asked of another host: no validator badge.

window.SwaggerUIBundle({
  dom_id: "#operations",
  url: "openapi.json",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayOperationId: true,
  docExpansion: "list",
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
