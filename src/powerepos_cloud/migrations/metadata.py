"""Every table of each database: importing a room's `tables` enters its tables into the metadata."""

import powerepos_cloud.audit.tables
import powerepos_cloud.authserver.tables
import powerepos_cloud.directory.account_tables
import powerepos_cloud.directory.application_tables
import powerepos_cloud.directory.session_tables
import powerepos_cloud.directory.tables
import powerepos_cloud.keyring.tables
import powerepos_cloud.partnerservices.catalogue.tables
import powerepos_cloud.partnerservices.changes.tables
import powerepos_cloud.partnerservices.outlets.tables
import powerepos_cloud.partnerservices.requestlog.tables
import powerepos_cloud.partnerservices.sales.tables
import powerepos_cloud.partnerservices.stock.tables  # noqa: F401
from powerepos_cloud.foundation.database.schema import DIRECTORY, PARTNERSERVICES

METADATA = {"directory": DIRECTORY, "partnerservices": PARTNERSERVICES}
