clickhouse_missing() { echo 'clickhouse: not yet'; return 1; }
clickhouse_install() { false; }
clickhouse_run() { false; }
clickhouse_port() { echo 1; }
