// The page to try the API: Swagger UI with our own description.
"use strict";
window.addEventListener("load", () => {
  const at = document.getElementById("api");
  SwaggerUIBundle({ url: at.dataset.openapi, domNode: at, deepLinking: true, tryItOutEnabled: true, persistAuthorization: false, validatorUrl: null });
});
