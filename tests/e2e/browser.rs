//! One browser with an empty profile, in the hands of a test. Methods are named for what a user does or sees; each waits,
//! and panics with what was on the screen instead.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fantoccini::actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::site::Site;

/// How long a test waits for what should be there at once; several browsers may share two busy cores.
pub const SOON: Duration = Duration::from_secs(60);
/// How long it waits between two looks.
const POLL: Duration = Duration::from_millis(50);

/// Runs a test in Chromium, or in Firefox where `MIXLAW_ENGINE` asks for it. At its end the console must be empty and no
/// other host may have been asked for anything; when it fails, a screenshot named for it stays behind.
#[track_caller]
pub fn in_browser(flow: impl AsyncFnOnce(&Browser)) {
    in_engine(
        if env::var("MIXLAW_ENGINE").is_ok_and(|name| name == "firefox") { Engine::Firefox } else { Engine::Chromium },
        flow,
    );
}

/// The same in Chromium, whatever is asked for.
#[track_caller]
pub fn in_chromium(flow: impl AsyncFnOnce(&Browser)) {
    in_engine(Engine::Chromium, flow);
}

/// The same in Firefox, whatever is asked for.
#[track_caller]
pub fn in_firefox(flow: impl AsyncFnOnce(&Browser)) {
    in_engine(Engine::Firefox, flow);
}

#[track_caller]
fn in_engine(engine: Engine, flow: impl AsyncFnOnce(&Browser)) {
    let Some(parts) = Parts::find(engine) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let site = Arc::new(Site::start(parts.dist.clone()));
    let browser = runtime.block_on(Browser::start(parts, site));
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            flow(&browser).await;
            browser.check_quiet().await;
        });
    }));
    if let Err(panic) = outcome {
        let name = thread::current().name().unwrap_or("test").replace("::", "-");
        // The browser itself may be what failed; then there is no picture, and the first panic is the one to show.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                browser.screenshot(&format!("failed-{name}")).await;
                eprintln!("console: {:#?}", browser.take_console().await);
            });
        }));
        resume_unwind(panic);
    }
}

/// What lays out the page and runs its code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    Chromium,
    Firefox,
}

impl Engine {
    /// The driver: the variable that names it, and its usual name.
    fn driver(self) -> (&'static str, &'static str) {
        match self {
            Engine::Chromium => ("CHROMEDRIVER", "chromedriver"),
            Engine::Firefox => ("GECKODRIVER", "geckodriver"),
        }
    }

    /// The browser: the variable that names it, and its usual names.
    fn browser(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Engine::Chromium => ("CHROME", &["chromium"]),
            Engine::Firefox => ("FIREFOX", &["firefox", "firefox-esr"]),
        }
    }

    /// Has the driver choose its ports, and lets it at the browser's own settings.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Engine::Chromium => &["--port=0"],
            Engine::Firefox => &["--port=0", "--websocket-port=0", "--allow-system-access"],
        }
    }

    /// The words before the port in the line that names it.
    fn says_port(self) -> &'static str {
        match self {
            Engine::Chromium => "started successfully on port ",
            Engine::Firefox => "Listening on 127.0.0.1:",
        }
    }
}

/// What browser tests need and a machine may lack.
#[derive(Clone)]
struct Parts {
    engine: Engine,
    dist: PathBuf,
    driver: PathBuf,
    /// `None` lets the driver look for the browser itself.
    browser: Option<PathBuf>,
}

impl Parts {
    /// Says plainly that the test is left out if something is missing; a failure where `MIXLAW_E2E` demands the tests.
    fn find(engine: Engine) -> Option<Parts> {
        // Another folder is for a page built quickly, while a change is worked on.
        let folder = std::env::var("MIXLAW_DIST").unwrap_or_else(|_| "dist".into());
        let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let (variable, name) = engine.driver();
        let driver = program(variable, &[name]);
        let missing = match driver {
            _ if !dist.join("index.html").exists() => format!("{} is missing: run `make dist`", dist.display()),
            None => format!("{name} is missing: run `scripts/setup.sh`"),
            Some(driver) => {
                let (variable, names) = engine.browser();
                return Some(Parts { engine, dist, driver, browser: program(variable, names) });
            }
        };
        assert!(env::var_os("MIXLAW_E2E").is_none(), "browser tests cannot run: {missing}");
        // Past libtest's capture of what a passing test prints.
        let _ = writeln!(io::stderr(), "browser test SKIPPED: {missing}, or run everything with `make test`");
        None
    }
}

fn program(variable: &str, names: &[&str]) -> Option<PathBuf> {
    let in_path =
        |name: &&str| env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.exists());
    env::var_os(variable).map(PathBuf::from).or_else(|| names.iter().find_map(in_path))
}

pub struct Browser {
    client: Client,
    parts: Parts,
    /// Its drop ends the browser, before the drop of what the browser uses: fields go in this order.
    driver: Driver,
    profile: TempDir,
    site: Arc<Site>,
}

impl Browser {
    async fn start(parts: Parts, site: Arc<Site>) -> Browser {
        let driver = Driver::start(&parts);
        let profile = tempfile::tempdir().expect("a temporary folder");
        let downloads = profile.path().join("downloads");
        let capabilities = match parts.engine {
            Engine::Chromium => chromium(&parts, &site, &profile),
            Engine::Firefox => firefox(&parts, &site, &downloads),
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().expect("an object").clone())
            .connect(&driver.url)
            .await
            .expect("the driver starts a browser");
        let browser = Browser { client, parts, driver, profile, site };
        if browser.parts.engine == Engine::Chromium {
            // Asked for by a user, a file of any kind may be saved.
            let behavior = json!({ "behavior": "allow", "downloadPath": downloads });
            browser.devtools("Browser.setDownloadBehavior", behavior).await;
        }
        browser
    }

    /// Another browser with an empty profile, on the same site: someone else's machine.
    pub async fn someone_else(&self) -> Browser {
        Browser::start(self.parts.clone(), self.site.clone()).await
    }

    // --- Addresses ---

    /// Goes on in a new tab, which shares what the browser keeps; the one before stays as it is, as after a crash.
    pub async fn in_new_tab(&self) {
        let tab = self.client.new_window(true).await.expect("a new tab");
        self.client.switch_to_window(tab.handle).await.expect("the new tab");
    }

    /// Opens the page with this behind its address: "" or "#fragment". Always loads it anew.
    pub async fn open(&self, fragment: &str) {
        // From a page to itself with another fragment, a browser would only fire `hashchange`.
        let printed = self.driver.printed.lock().unwrap().clone();
        self.client.goto("about:blank").await.expect("an empty page");
        // Firefox stops the script of a page that it leaves wherever it is, and still hands it what was posted: what such
        // a page then says is no news.
        *self.driver.printed.lock().unwrap() = printed;
        self.client.goto(&format!("{}{fragment}", self.site.url())).await.expect("the page opens");
    }

    /// Changes the fragment of the open page, as someone does who pastes a link into its tab.
    pub async fn change_fragment(&self, fragment: &str) {
        self.run("location.hash = arguments[0]", &[json!(fragment)]).await;
    }

    pub async fn address(&self) -> String {
        self.client.current_url().await.expect("an address").into()
    }

    // --- What is on the screen ---

    /// All text that is visible, or would be once its section is opened.
    pub async fn text(&self) -> String {
        let script = "const closed = [...document.querySelectorAll('[role=tabpanel][hidden]')];
            closed.forEach(section => section.removeAttribute('hidden'));
            const text = document.body.innerText;
            closed.forEach(section => section.setAttribute('hidden', ''));
            return text;";
        self.run(script, &[]).await.as_str().unwrap_or_default().to_string()
    }

    pub async fn text_of(&self, selector: &str) -> String {
        self.element(selector).await.text().await.expect("visible text")
    }

    /// The values of form fields, which `text` does not see.
    pub async fn value_of(&self, selector: &str) -> String {
        self.element(selector).await.prop("value").await.expect("a field").unwrap_or_default()
    }

    /// Waits until this text is visible anywhere.
    pub async fn wait_for(&self, text: &str) {
        self.wait_for_any(&[text], SOON).await;
    }

    /// Waits until one of the texts is visible and says which. Name the failure's text too when waiting for something
    /// slow, or else a failure costs the whole time.
    pub async fn wait_for_any(&self, texts: &[&str], at_most: Duration) -> usize {
        let deadline = Instant::now() + at_most;
        loop {
            let seen = self.text().await;
            if let Some(text_idx) = texts.iter().position(|text| seen.contains(text)) {
                return text_idx;
            }
            assert!(Instant::now() < deadline, "none of {texts:?} within {at_most:?}; on the screen:\n{seen}");
            self.wait(POLL).await;
        }
    }

    /// Waits until the script returns true.
    pub async fn wait_until(&self, script: &str, at_most: Duration) {
        let deadline = Instant::now() + at_most;
        while self.run(script, &[]).await != true {
            assert!(
                Instant::now() < deadline,
                "not within {at_most:?}: {script}; on the screen:\n{}",
                self.text().await
            );
            self.wait(POLL).await;
        }
    }

    /// Waits until what the script returns has been the same for two seconds.
    pub async fn wait_until_still(&self, script: &str) {
        const STILL: Duration = Duration::from_secs(2);
        let deadline = Instant::now() + SOON;
        let (mut before, mut since) = (self.run(script, &[]).await, Instant::now());
        while since.elapsed() < STILL {
            assert!(Instant::now() < deadline, "never the same for {STILL:?}: {script}");
            self.wait(POLL).await;
            let now = self.run(script, &[]).await;
            if now != before {
                (before, since) = (now, Instant::now());
            }
        }
    }

    pub async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    // --- Hands ---

    pub async fn click(&self, selector: &str) {
        let deadline = Instant::now() + SOON;
        // What is drawn again under the pointer is clicked where it comes back, and what lies under the tabs is brought out.
        while let Err(error) = self.element(selector).await.click().await {
            assert!(Instant::now() < deadline, "click {selector}: {error}");
            let show = "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center' })";
            self.run(show, &[json!(selector)]).await;
            self.wait(POLL).await;
        }
    }

    /// Clicks the button with this label.
    pub async fn click_button(&self, label: &str) {
        let button = format!("//button[normalize-space()='{label}']");
        let found = self.client.wait().at_most(SOON).for_element(Locator::XPath(&button)).await;
        let button = found.unwrap_or_else(|error| panic!("no button {label:?}: {error}"));
        button.click().await.unwrap_or_else(|error| panic!("click {label:?}: {error}"));
    }

    /// Replaces all text of a text field or area at once, as a paste over everything does.
    pub async fn paste(&self, selector: &str, text: &str) {
        self.element(selector).await;
        let script = "const field = document.querySelector(arguments[0]);
            field.focus();
            field.value = arguments[1];
            field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }));
            field.dispatchEvent(new Event('change', { bubbles: true }));";
        self.run(script, &[json!(selector), json!(text)]).await;
    }

    /// Pastes a text outside of any field.
    pub async fn paste_anywhere(&self, text: &str) {
        let script = "const clipboardData = new DataTransfer();
            clipboardData.setData('text/plain', arguments[0]);
            document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));";
        self.run(script, &[json!(text)]).await;
    }

    /// Presses keys one after the other, where the focus is; a modifier is held until all are pressed.
    pub async fn press(&self, keys: &str) {
        let held = |key: &char| ['\u{E008}', '\u{E009}', '\u{E00A}'].contains(key);
        let mut actions = KeyActions::new("keys".into());
        for value in keys.chars() {
            actions = actions.then(KeyAction::Down { value });
            if !held(&value) {
                actions = actions.then(KeyAction::Up { value });
            }
        }
        for value in keys.chars().filter(held) {
            actions = actions.then(KeyAction::Up { value });
        }
        self.client.perform_actions(actions).await.unwrap_or_else(|error| panic!("press {keys:?}: {error}"));
    }

    /// Drags with the mouse from a place on the screen by these steps, in pixels to the right.
    pub async fn drag(&self, (x, y): (f64, f64), steps: &[f64]) {
        let duration = Some(Duration::from_millis(100));
        let mut actions = MouseActions::new("mouse".into())
            .then(PointerAction::MoveTo { duration, x, y })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
        for &x in steps {
            // A busy browser makes one move of several that come too fast.
            let rest = PointerAction::Pause { duration: Duration::from_secs(1) };
            actions = actions.then(PointerAction::MoveBy { duration, x, y: 0.0 }).then(rest);
        }
        let actions = actions.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.client.perform_actions(actions).await.unwrap_or_else(|error| panic!("drag from {x}, {y}: {error}"));
    }

    /// Types at the end of a field, key by key.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.element(selector).await.send_keys(text).await.expect("a field to type into");
    }

    /// Chooses the option with this label.
    pub async fn choose(&self, selector: &str, label: &str) {
        self.element(selector).await;
        // A driver chooses by XPath, which a label with an apostrophe is not, or by position, which groups hide.
        let script = "const menu = document.querySelector(arguments[0]);
            const option = [...menu.options].find(one => one.text === arguments[1]);
            if (!option || option.disabled) return false;
            menu.focus();
            menu.value = option.value;
            menu.dispatchEvent(new Event('input', { bubbles: true }));
            menu.dispatchEvent(new Event('change', { bubbles: true }));
            return true";
        let chosen = self.run(script, &[json!(selector), json!(label)]).await;
        assert_eq!(chosen, true, "no option {label:?} in {selector}");
    }

    /// Picks a file of this name and content in a file field.
    pub async fn pick_file(&self, selector: &str, name: &str, content: impl AsRef<[u8]>) {
        let file = self.profile.path().join(name);
        fs::write(&file, content).expect("a file to pick");
        let path = file.to_str().expect("a path in UTF-8");
        self.element(selector).await.send_keys(path).await.expect("a file field");
    }

    /// Drops a file of this name and content onto the element.
    pub async fn drop_file(&self, selector: &str, name: &str, content: &str) {
        self.element(selector).await;
        let script = "const target = document.querySelector(arguments[0]);
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([arguments[2]], arguments[1]));
            for (const type of ['dragenter', 'dragover', 'drop'])
                target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));";
        self.run(script, &[json!(selector), json!(name), json!(content)]).await;
    }

    /// What the page has put on the clipboard.
    pub async fn clipboard(&self) -> String {
        if self.parts.engine == Engine::Chromium {
            self.devtools("Browser.grantPermissions", json!({ "permissions": ["clipboardReadWrite"] })).await;
        }
        let script = "navigator.clipboard.readText().then(arguments[0], error => arguments[0](String(error)))";
        let text = self.client.execute_async(script, Vec::new()).await.expect("a clipboard");
        text.as_str().expect("text on the clipboard").to_owned()
    }

    /// Waits for a download and returns its bytes.
    pub async fn downloaded(&self, name: &str) -> Vec<u8> {
        let path = self.profile.path().join("downloads").join(name);
        let deadline = Instant::now() + SOON;
        loop {
            // A download has another name until it is complete; an empty file may hold its place.
            if let Some(bytes) = fs::read(&path).ok().filter(|bytes| !bytes.is_empty()) {
                return bytes;
            }
            assert!(Instant::now() < deadline, "no download {name:?}");
            self.wait(POLL).await;
        }
    }

    // --- Screen and surroundings ---

    /// Sets the size of the page in CSS pixels, and how many device pixels make one.
    pub async fn set_screen(&self, width: u32, height: u32, pixel_ratio: f64) {
        match self.parts.engine {
            Engine::Chromium => {
                let metrics =
                    json!({ "width": width, "height": height, "deviceScaleFactor": pixel_ratio, "mobile": false });
                self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
            }
            Engine::Firefox => {
                let script = "const [width, height, ratio] = arguments, shown = gBrowser.selectedBrowser;
                    for (const bound of ['', 'min-', 'max-']) {
                        shown.style.setProperty(bound + 'width', width + 'px');
                        shown.style.setProperty(bound + 'height', height + 'px');
                    }
                    shown.browsingContext.overrideDPPX = ratio";
                self.in_firefox_itself(script, &[json!(width), json!(height), json!(pixel_ratio)]).await;
                let is_so = format!("return innerWidth === {width} && innerHeight === {height}");
                self.wait_until(&is_so, SOON).await;
            }
        }
    }

    pub async fn prefer_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        match self.parts.engine {
            Engine::Chromium => {
                let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
                self.devtools("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
            }
            Engine::Firefox => {
                let script = "gBrowser.selectedBrowser.browsingContext.prefersColorSchemeOverride = arguments[0]";
                self.in_firefox_itself(script, &[json!(scheme)]).await;
            }
        }
    }

    /// Shows the page as it is printed, or as it is on the screen.
    pub async fn prefer_print(&self, print: bool) {
        let media = if print { "print" } else { "" };
        match self.parts.engine {
            Engine::Chromium => {
                self.devtools("Emulation.setEmulatedMedia", json!({ "media": media })).await;
            }
            Engine::Firefox => {
                let script = "gBrowser.selectedBrowser.browsingContext.mediumOverride = arguments[0]";
                self.in_firefox_itself(script, &[json!(media)]).await;
            }
        }
    }

    /// Has Chromium show the page in the few colours of a system with forced ones, or in its own.
    pub async fn force_colours(&self, forced: bool) {
        let feature = json!({ "name": "forced-colors", "value": if forced { "active" } else { "none" } });
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
    }

    /// How many sheets of A4 the page is printed on.
    pub async fn n_sheets(&self) -> usize {
        let sheet = json!({ "page": { "width": 21.0, "height": 29.7 }, "background": true });
        let pdf = self.command(Method::POST, "print", sheet).await;
        let pdf = BASE64_STANDARD.decode(pdf.as_str().expect("a PDF")).expect("base64");
        let name = format!("{}.pdf", thread::current().name().unwrap_or("test").replace("::", "-"));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(name), &pdf)).expect("a file");
        let pdf = String::from_utf8_lossy(&pdf);
        pdf.matches("/Type /Page").count() - pdf.matches("/Type /Pages").count()
    }

    /// Saves the whole page, also what one would have to scroll to, as target/screenshots/NAME.png.
    pub async fn screenshot(&self, name: &str) {
        self.settle().await;
        let picture = match self.parts.engine {
            Engine::Firefox => self.command(Method::GET, "moz/screenshot/full", json!({})).await,
            Engine::Chromium => {
                let mut whole = self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone();
                // A scroll bar that takes room would cut the page.
                whole["width"] = self.run("return innerWidth", &[]).await;
                whole["scale"] = json!(1);
                let options = json!({ "format": "png", "captureBeyondViewport": true, "clip": whole });
                self.devtools("Page.captureScreenshot", options).await["data"].clone()
            }
        };
        let bytes = BASE64_STANDARD.decode(picture.as_str().expect("a picture")).expect("base64");
        // The engine is told only where it is not the usual one.
        let of_engine = if self.parts.engine == Engine::Firefox { "-firefox" } else { "" };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        fs::create_dir_all(&folder).expect("a folder for screenshots");
        fs::write(folder.join(format!("{name}{of_engine}.png")), bytes).expect("a screenshot");
    }

    /// Waits until the page has nothing left to do: every chart has its new size and colours. One that never comes to
    /// rest is none of this function's business.
    async fn settle(&self) {
        let rest = "const done = arguments[0], idle = then => requestIdleCallback(then, { timeout: 5000 });
            setTimeout(() => idle(() => idle(() => done(null))), 200)";
        self.client.execute_async(rest, Vec::new()).await.ok();
    }

    // --- What the user does not see ---

    /// Runs a script in every page opened from now on, before anything of its own; in Chromium.
    pub async fn run_first(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Lets the site lose all files whose path ends so, as a half-finished upload does.
    pub fn break_files(&self, suffix: &str) {
        self.site.break_files(Some(suffix));
    }

    pub fn mend_files(&self) {
        self.site.break_files(None);
    }

    /// Everything the page has asked of any host so far, as "METHOD URL".
    pub fn requests(&self) -> Vec<String> {
        self.site.requests()
    }

    /// Takes all console messages since the last call: what a test expects there, it takes before its end.
    pub async fn take_console(&self) -> Vec<String> {
        if self.parts.engine == Engine::Firefox {
            let printed = std::mem::take(&mut *self.driver.printed.lock().unwrap());
            let of_page = |line: &String| line.starts_with("console.") || line.starts_with("JavaScript ");
            // The browser's own scripts complain, too (RSLoader is one), and it says so when the page ends a worker, or
            // is left while one loads.
            let foreign = [
                "chrome://",
                "resource://",
                "RSLoader",
                "Script terminated by timeout",
                "NetworkError when attempting to fetch",
                "operation was aborted",
                "error loading dynamically imported module",
            ];
            let foreign = |line: &String| foreign.iter().any(|other| line.contains(other));
            return printed.into_iter().filter(|line| of_page(line) && !foreign(line)).collect();
        }
        let log = self.command(Method::POST, "se/log", json!({ "type": "browser" })).await;
        let entries = log.as_array().expect("a list of messages");
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What holds at the end of every test: nothing in the console, and no other host was asked for anything.
    async fn check_quiet(&self) {
        assert_eq!(self.take_console().await, Vec::<String>::new(), "messages in the console");
        let mut beyond_reading = self.requests();
        beyond_reading.retain(|request| !request.starts_with("GET /"));
        assert_eq!(beyond_reading, Vec::<String>::new(), "requests to other hosts, or that send data");
    }

    /// Runs a script in the page; its arguments are `arguments[0]` and so on.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.client.execute(script, arguments.to_vec()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    async fn element(&self, selector: &str) -> Element {
        let found = self.client.wait().at_most(SOON).for_element(Locator::Css(selector)).await;
        let element = found.unwrap_or_else(|error| panic!("no element {selector}: {error}"));
        // A user opens the section that it is in.
        let open = "const section = document.querySelector(arguments[0])?.closest('[role=tabpanel][hidden]');
            if (section) document.getElementById(section.getAttribute('aria-labelledby')).click();
            return section != null;";
        let mut was_closed = false;
        while self.run(open, &[json!(selector)]).await == true {
            was_closed = true;
            self.wait(POLL).await;
        }
        if !was_closed {
            return element;
        }
        // Its charts are drawn now, and what is read in them before that is let go.
        self.settle().await;
        let found = self.client.wait().at_most(SOON).for_element(Locator::Css(selector)).await;
        found.unwrap_or_else(|error| panic!("no element {selector}: {error}"))
    }

    /// A command of the DevTools protocol (<https://chromedevtools.github.io/devtools-protocol/>).
    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.command(Method::POST, "goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    /// Runs a script in Firefox's own window, around the page.
    async fn in_firefox_itself(&self, script: &str, arguments: &[Value]) {
        self.command(Method::POST, "moz/context", json!({ "context": "chrome" })).await;
        self.run(script, arguments).await;
        self.command(Method::POST, "moz/context", json!({ "context": "content" })).await;
    }

    async fn command(&self, method: Method, path: &'static str, body: Value) -> Value {
        let answer = self.client.issue_cmd(DriverCommand { method, path, body: body.clone() }).await;
        answer.unwrap_or_else(|error| panic!("{path} {body}: {error}"))
    }
}

/// A command that only one driver has.
#[derive(Debug)]
struct DriverCommand {
    method: Method,
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for DriverCommand {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = (self.method == Method::POST).then(|| self.body.to_string());
        (self.method.clone(), body)
    }
}

/// What chromedriver is asked for.
fn chromium(parts: &Parts, site: &Site, profile: &TempDir) -> Value {
    let mut options = json!({
        "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--window-size=1440,900",
            format!("--user-data-dir={}", profile.path().join("profile").display()),
            // Whatever goes to another host comes to our site instead, which remembers it.
            format!("--proxy-server=http://{}", site.host()),
        ],
    });
    if let Some(browser) = &parts.browser {
        options["binary"] = json!(browser);
    }
    json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } })
}

/// What geckodriver is asked for; it makes a profile itself.
fn firefox(parts: &Parts, site: &Site, downloads: &Path) -> Value {
    let (host, port) =
        site.host().split_once(':').map(|(host, port)| (host.to_string(), port.to_string())).expect("host and port");
    let mut options = json!({
        "args": ["-headless"],
        "prefs": {
            "browser.download.folderList": 2,
            "browser.download.dir": downloads,
            "dom.events.testing.asyncClipboard": true,
            // The console goes to standard output, which is the driver's.
            "devtools.console.stdout.content": true,
            "network.proxy.type": 1,
            "network.proxy.http": host,
            "network.proxy.http_port": port.parse::<u16>().expect("a port"),
            "network.proxy.ssl": host,
            "network.proxy.ssl_port": port.parse::<u16>().expect("a port"),
            // Its own errands, whatever the page does.
            "app.normandy.enabled": false,
            "browser.safebrowsing.malware.enabled": false,
            "browser.safebrowsing.phishing.enabled": false,
            "network.captive-portal-service.enabled": false,
            "network.connectivity-service.enabled": false,
            "services.settings.server": "",
        },
    });
    if let Some(browser) = &parts.browser {
        options["binary"] = json!(browser);
    }
    json!({ "moz:firefoxOptions": options })
}

struct Driver {
    process: Child,
    url: String,
    /// What it printed since [`Browser::take_console`] last looked.
    printed: Arc<Mutex<Vec<String>>>,
}

impl Driver {
    fn start(Parts { engine, driver, .. }: &Parts) -> Driver {
        let mut process = Command::new(driver)
            .args(engine.arguments())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the driver starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_once(engine.says_port())?.1.trim_end_matches('.').parse::<u16>().ok())
            .expect("the driver names its port");
        let printed = Arc::new(Mutex::new(Vec::new()));
        // The driver must not block on a full pipe. Firefox writes console messages to one, errors to the other.
        let errors = BufReader::new(process.stderr.take().expect("its errors are piped")).lines();
        keep_lines(lines, printed.clone());
        keep_lines(errors, printed.clone());
        Driver { process, url: format!("http://127.0.0.1:{port}"), printed }
    }
}

fn keep_lines(lines: impl Iterator<Item = io::Result<String>> + Send + 'static, kept: Arc<Mutex<Vec<String>>>) {
    thread::spawn(move || lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line)));
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The browser is in the driver's process group and outlives it if only the driver is ended.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.process.id())]).status();
        let _ = self.process.wait();
    }
}
