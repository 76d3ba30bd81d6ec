"""People's door: the driver's pages, the operator's console, the API, live views and webhooks."""
