"""The merchant's trading pages: today, trading days, sales, reports, stock orders."""

from powerepos_cloud.webui.pages.trading import reports, sales, today, trading_days

GROUPS = (today.GROUP, trading_days.GROUP, sales.GROUP, reports.GROUP)
