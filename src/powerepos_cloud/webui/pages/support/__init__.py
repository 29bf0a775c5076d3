"""The pages of the vendor's support: queue of applications, look-up, registers, services, audit, staff, view as."""

from powerepos_cloud.webui.pages.support import applications, audit, lookup, organisations, partners, services, staff

GROUPS = (
    applications.GROUP,
    lookup.GROUP,
    partners.GROUP,
    organisations.GROUP,
    services.GROUP,
    staff.GROUP,
    audit.GROUP,
)
