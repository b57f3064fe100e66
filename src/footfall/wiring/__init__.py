"""The one place that builds things from settings."""

from footfall.job import verify
from footfall.supervisor import Ready, Service, notify
from footfall.wiring.counting import Troubles, accept_loss, count, count_once, counter_of, retry, rules_of
from footfall.wiring.logs import existing_log, kafka_log, log_ends, open_log
from footfall.wiring.moving import export, import_files
from footfall.wiring.places import LIVE, Report, is_live, journals, live_journals, numbered, store_place, url
from footfall.wiring.services import (
    collect,
    collectors,
    forward,
    forwarded_up_to,
    forwarders,
    serve,
    services,
    together,
)
from footfall.wiring.shop import DemoShop, demo_history, demo_services, demo_shop
from footfall.wiring.stopping import stop_on_signals
from footfall.wiring.stores import (
    check_store,
    copy_store,
    counted_positions,
    existing_store,
    opened_store,
    roles_sql,
    upgrade_store,
)
from footfall.wiring.telling import cron_files, examine, machine, nginx_files, systemd_files, tag_text
from footfall.wiring.topics import check_topics, create_topics, describe_topics, forward_again, not_forwarded, target

__all__ = [
    "LIVE",
    "DemoShop",
    "Ready",
    "Report",
    "Service",
    "Troubles",
    "accept_loss",
    "check_store",
    "check_topics",
    "collect",
    "collectors",
    "copy_store",
    "count",
    "count_once",
    "counted_positions",
    "counter_of",
    "create_topics",
    "cron_files",
    "demo_history",
    "demo_services",
    "demo_shop",
    "describe_topics",
    "examine",
    "existing_log",
    "existing_store",
    "export",
    "forward",
    "forward_again",
    "forwarded_up_to",
    "forwarders",
    "import_files",
    "is_live",
    "journals",
    "kafka_log",
    "live_journals",
    "log_ends",
    "machine",
    "nginx_files",
    "not_forwarded",
    "notify",
    "numbered",
    "open_log",
    "opened_store",
    "retry",
    "roles_sql",
    "rules_of",
    "serve",
    "services",
    "stop_on_signals",
    "store_place",
    "systemd_files",
    "tag_text",
    "target",
    "together",
    "upgrade_store",
    "url",
    "verify",
]
