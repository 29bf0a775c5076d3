"""Every endpoint that is published. A new one is a line in the list of its service."""

from powerepos_cloud.webui.openapi import authserver, services

ENDPOINTS = (*authserver.ENDPOINTS, *services.ENDPOINTS)
