//! A static host for `dist/`, like any that serves a project below its own path, which remembers what it was asked for.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use tiny_http::{Header, Request, Response, Server};

/// Where the page lies on its host: never at the root, since most static hosts serve a project below its name.
const BASE: &str = "/mixlaw/";

/// Hosts that browsers ask on their own errands whatever the page does: updates, their clock, their home page.
const BROWSERS_OWN: [&str; 8] = [
    "google.com",
    "gvt1.com",
    "googleapis.com",
    "duckduckgo.com",
    "mozilla.org",
    "mozilla.com",
    "mozilla.net",
    "firefox.com",
];

pub struct Site {
    server: Arc<Server>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// "METHOD URL" of each request, in order, without the browser's own errands.
    requests: Vec<String>,
    /// Files whose path ends so are answered with 404.
    broken: Option<String>,
}

impl Site {
    pub fn start(dist: PathBuf) -> Site {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port on this machine"));
        let state = Arc::new(Mutex::new(State::default()));
        thread::spawn({
            let (server, state) = (server.clone(), state.clone());
            move || server.incoming_requests().for_each(|request| answer(request, &dist, &state))
        });
        Site { server, state }
    }

    /// "127.0.0.1:PORT".
    pub fn host(&self) -> String {
        self.server.server_addr().to_string()
    }

    pub fn url(&self) -> String {
        format!("http://{}{BASE}", self.host())
    }

    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    pub fn break_files(&self, suffix: Option<&str>) {
        self.state.lock().unwrap().broken = suffix.map(str::to_owned);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn answer(request: Request, dist: &Path, state: &Mutex<State>) {
    let url = request.url().to_owned();
    let mut state = state.lock().unwrap();
    // A path is asked of us, an address with a host of someone else through us, their proxy.
    if url.starts_with('/') || !BROWSERS_OWN.iter().any(|host| is_below(host_of(&url), host)) {
        state.requests.push(format!("{} {url}", request.method()));
    }
    let path = url.split('?').next().unwrap_or_default();
    let file = path.strip_prefix(BASE).map(|name| dist.join(if name.is_empty() { "index.html" } else { name }));
    let is_broken = state.broken.as_ref().is_some_and(|suffix| path.ends_with(suffix));
    // A browser that has gone away is no fault of the site: the result of `respond` does not matter.
    let _ = match file.filter(|_| !is_broken).and_then(|file| Some((media_type(&file), File::open(file).ok()?))) {
        Some((media_type, file)) => request.respond(Response::from_file(file).with_header(media_type)),
        None => request.respond(Response::empty(404)),
    };
}

/// The host in "http://host:port/…" or, of a CONNECT, in "host:port".
fn host_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme.split(['/', ':']).next().unwrap_or_default()
}

fn is_below(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

fn media_type(file: &Path) -> Header {
    let value = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    Header::from_bytes("Content-Type", value).expect("plain ASCII")
}
