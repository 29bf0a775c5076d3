"""Charts as SVG drawn on the server: classes instead of colours, percents across so that text keeps its size."""

from powerepos_cloud.webui.charts.beat import beat
from powerepos_cloud.webui.charts.days import DaysChart, days_chart
from powerepos_cloud.webui.charts.heat import HeatMap, heat_map
from powerepos_cloud.webui.charts.hours import HoursChart, hours_chart

__all__ = ["DaysChart", "HeatMap", "HoursChart", "beat", "days_chart", "heat_map", "hours_chart"]
