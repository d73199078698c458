// Starts the page: language, theme, and which of the views is shown.
import {get} from "./api.js";
import {LibraryView} from "./library.js";
import {Listen} from "./listen.js";
import {RecordingView} from "./recording.js";
import {RemovedView} from "./removed.js";
import {ShelfView} from "./shelf.js";
import {language, languages, put, speak, t} from "./words.js";

const byId = (id) => document.getElementById(id);

// say tells something to everybody, also to those who listen to the page.
let silence = 0;
export function say(what, wrong = false) {
	const status = byId("status");
	put(status, what);
	status.classList.toggle("wrong", wrong);
	status.classList.add("shown");
	clearTimeout(silence);
	silence = setTimeout(() => status.classList.remove("shown"), wrong ? 9000 : 5000);
}

function setTheme(name) {
	if (name === "auto") {
		delete document.documentElement.dataset.theme;
		localStorage.removeItem("theme");
	} else {
		document.documentElement.dataset.theme = name;
		localStorage.setItem("theme", name);
	}
	repaint();
}

function repaint() {
	recording.repaint();
	library.paint();
}

async function setLanguage(name) {
	await speak(name);
	byId("language").value = language();
	library.render();
	shelf.render();
	removed.render();
	recording.speak();
	listen.show();
	title();
}

// route shows what the address names: #/ the library, #/clips and #/episodes all
// that was made, #/removed what can be
// brought back, #/r/ID a recording, #/r/ID?t=SECONDS a position in it.
function route() {
	const m = /^#\/r\/([^?]+)(?:\?t=([\d.]+))?$/.exec(location.hash);
	const made = /^#\/(clips|episodes)$/.exec(location.hash)?.[1];
	const view = m ? "recording" : made ? "shelf" : location.hash === "#/removed" ? "removed" : "library";
	for (const id of ["library", "shelf", "removed", "recording"]) byId(id).hidden = id !== view;
	for (const a of document.querySelectorAll(".views a")) {
		if (a.hash === (made ? "#/" + made : view === "library" ? "#/" : "")) a.setAttribute("aria-current", "page");
		else a.removeAttribute("aria-current");
	}
	if (view === "shelf") shelf.show(made);
	else shelf.hide();
	if (view !== "library") library.hide();
	if (view !== "removed") removed.hide();
	if (view !== "recording") recording.hide();
	if (view === "library") library.show();
	if (view === "recording") listen.pause();
	byId("listen").classList.toggle("away", view === "recording");
	if (view === "recording") recording.show(decoded(m[1]), Number(m[2] ?? 0));
	else removed.show(view === "removed");
	title();
}

// title names the window after what it shows. A recording does so itself.
function title() {
	if (!byId("removed").hidden) document.title = t("removedItems") + " – spaces studio";
	else if (!byId("shelf").hidden) document.title = byId("h-shelf").textContent + " – spaces studio";
	else if (!byId("library").hidden) document.title = "spaces studio";
}

// decoded is an id from the address, which somebody may have typed.
function decoded(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

const session = get("api/session");
const listen = new Listen(say);
const library = new LibraryView(byId("library"), session, say, listen);
const shelf = new ShelfView(say, listen);
const removed = new RemovedView(say);
const recording = new RecordingView(byId("recording"), session, say);

byId("language").replaceChildren(...languages().map(({tag, name}) => Object.assign(new Option(name, tag), {lang: tag})));
byId("language").value = language();
byId("theme").value = localStorage.getItem("theme") ?? "auto";
byId("language").addEventListener("change", (e) => {
	localStorage.setItem("language", e.target.value);
	setLanguage(e.target.value).catch((e) => say(e, true));
});
byId("theme").addEventListener("change", (e) => setTheme(e.target.value));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
document.querySelector(".skip").addEventListener("click", (e) => {
	e.preventDefault();
	byId("main").focus();
});

const keys = [
	["{space}", "key.space"], ["I O", "key.io"], ["J K L", "key.jkl"], [", .", "key.step"], ["P", "key.play"], ["R", "key.loop"], ["N", "key.snap"],
	["Ctrl+Z Ctrl+Shift+Z", "key.undo"], ["+ − 0 Z", "key.zoom"], ["← →", "key.arrows"], ["S", "key.save"], ["V", "key.video"], ["Ctrl+{wheel}", "key.wheel"], ["/", "key.search"], ["Ctrl+F", "key.find"], ["← → ↑ ↓", "key.words"], ["{enter}", "key.correct"], ["?", "key.help"],
];
export function showKeys() {
	byId("help-list").replaceChildren(...keys.flatMap(([key, words]) => {
		const dt = document.createElement("dt"), dd = document.createElement("dd");
		dt.append(...key.split(" ").map((k) => Object.assign(document.createElement("kbd"), {textContent: k.replace("{wheel}", t("wheel")).replace("{space}", t("space")).replace("{enter}", t("enter")).replace("Shift", t("shift"))})));
		dd.textContent = t(words);
		return [dt, dd];
	}));
	byId("help").showModal();
}
byId("keys").addEventListener("click", showKeys);

document.addEventListener("keydown", (e) => {
	if (e.defaultPrevented || document.querySelector("dialog[open]")) return;
	const typing = e.target.closest("input:not([type=checkbox]), textarea, select");
	if (e.key === "Escape" && typing && !typing.closest("[popover]")) typing.blur(); // a menu gives the focus back itself
	if (typing) return;
	if (e.key === "?") showKeys();
	else if (e.key === "/" && !byId("library").hidden) byId("words").focus();
	else if (e.key === "/" && !byId("shelf").hidden) byId("shelf-find").focus();
	else if (byId("recording").hidden || !recording.key(e)) return;
	e.preventDefault();
});

session.catch((e) => say(e, true));
addEventListener("hashchange", route);
route();
