questdb_missing() { echo 'questdb: not yet'; return 1; }
questdb_install() { false; }
questdb_run() { false; }
questdb_port() { echo 1; }
