"use strict";
// Swagger UI over the API's own document; calls from here carry the header that a browser's session needs to write.
const place = document.getElementById("api");
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: false,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => {
    request.headers["X-Sanban-Request"] = "1";
    return request;
  },
});
