"""The REST API for machines: ``/api/v1``, its description and a page to try it."""
