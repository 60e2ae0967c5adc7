//! nginx in front of houses, as operators put it there.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use super::{house::free_port, until};

/// A proxy.
#[derive(Debug)]
pub(crate) struct Nginx {
    port: u16,
    _process: Child,
    _folder: TempDir,
}

impl Nginx {
    /// Starts a proxy for the houses at these ports, or returns nothing if nginx is not installed; the run says so, and
    /// fails in CI.
    #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
    pub(crate) async fn before(ports: &[u16]) -> Option<Self> {
        let Some(program) = program() else {
            assert!(env::var_os("CI").is_none(), "nginx is not installed");
            eprintln!("SKIPPED: no nginx; scripts/setup test installs it");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration(folder.path(), port, ports)).expect("written");
        let mut process = Command::new(program)
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("nginx starts");
        until("nginx", async || {
            assert!(process.try_wait().expect("a process").is_none(), "nginx ended");
            TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await;
        Some(Self { port, _process: process, _folder: folder })
    }

    /// Returns its URL.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn program() -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|program| program.is_file())
}

/// Returns the configuration of one process without a worker, so that it dies with its handle; connections to the
/// houses are kept.
fn configuration(folder: &Path, port: u16, ports: &[u16]) -> String {
    let mut servers = String::new();
    for port in ports {
        // A node that is gone for a moment is asked again at the next request, as both may have been by then.
        writeln!(servers, "server 127.0.0.1:{port} max_fails=0;").expect("written");
    }
    let folder = folder.display();
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
        events {{ worker_connections 512; }}
        http {{
            access_log off;
            client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
            uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
            upstream houses {{ {servers} keepalive 16; }}
            server {{
                listen 127.0.0.1:{port};
                location / {{
                    proxy_pass http://houses;
                    proxy_http_version 1.1;
                    proxy_set_header Connection \"\";
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                }}
            }}
        }}"
    )
}
