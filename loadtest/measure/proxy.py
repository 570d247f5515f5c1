"""nginx in front of several servers, as it is measured: least_conn, kept connections, no log."""

import os
import subprocess
import time
import urllib.request

import processes
from server import free_port

CONF = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    upstream nodes {{
        zone nodes 256k;
        least_conn;
        {servers}
        keepalive 512;
        keepalive_requests 1000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://nodes;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


class Proxy:
    def __init__(self, folder, ports):
        self.port = free_port()
        conf = folder / f"nginx-{len(ports)}.conf"
        servers = "\n        ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
        conf.write_text(CONF.format(folder=folder, port=self.port, servers=servers, user="user root;" if os.geteuid() == 0 else ""))
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["nginx", "-c", str(conf), "-e", str(folder / "nginx.log")])
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/reviews/1/meta", timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"nginx does not serve: see {folder}/nginx.log")

    def cpu_s(self):
        return processes.family_cpu_s(self.process.pid)

    def stop(self):
        self.process.terminate()
        self.process.wait()
