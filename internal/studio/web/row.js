// A row of the library: what it shows of a recording, and how it is played.
import {recordingPath} from "./api.js";
import {draw} from "./outline.js";
import {date, position} from "./time.js";
import {handle, t} from "./words.js";

// recordingRow makes the row of a recording. on has listen and outlines.
export function recordingRow(r, on) {
	const li = document.createElement("li"), a = document.createElement("a"), card = span("row", "");
	a.href = "#/r/" + encodeURIComponent(r.id);
	const text = span("text", "");
	const when = r.started_at ? date(new Date(r.started_at)) : t("undated");
	const about = span("quiet about-row", "");
	about.append(span("when", when), people(r.speakers));
	text.append(span("name", r.untitled ? t("noTitle") : r.title), about);
	const canvas = waveform();
	const facts = span("facts", "");
	if (r.clips) facts.append(span("fact", t("nClips", {n: r.clips})));
	if (r.episodes) facts.append(span("fact", t("nEpisodes", {n: r.episodes})));
	if (r.transcript) facts.append(span("fact", t("transcript")));
	const state = span("badge " + r.state, t("state." + r.state) + (r.lost_seconds > 0 ? ", " + t("lost", {t: Math.round(r.lost_seconds)}) : ""));
	if (r.state === "complete" && !r.lost_seconds) state.classList.add("unseen");
	facts.append(state);
	const heard = r.duration > 0 && r.state !== "missing" && r.state !== "no-audio";
	a.append(text, canvas, facts, span("duration", r.duration >= 0 ? position(r.duration) : "–"));
	card.append(heard ? playButton("r:" + r.id, r.untitled ? t("noTitle") : r.title, pictureOf(r), () => on.listen.recording(r)) : pictureOf(r) ?? span("cover none", ""), a);
	li.append(card);
	if (heard) seeks(canvas, (share) => on.listen.recording(r, share));
	else canvas.classList.add("none");
	li.paint = () => {
		const {share} = paintPlay(li, on.listen, "r:" + r.id);
		if (heard) draw(canvas, on.outlines.of(r.id), share);
	};
	return li;
}

export function waveform() {
	const canvas = document.createElement("canvas");
	canvas.className = "row-wave";
	canvas.setAttribute("aria-hidden", "true");
	return canvas;
}

// seeks lets a mouse play from a place in a small waveform. The keyboard has the
// slider of the player for that.
export function seeks(canvas, play) {
	canvas.addEventListener("click", (e) => {
		e.preventDefault();
		e.stopPropagation();
		const box = canvas.getBoundingClientRect(), share = (e.clientX - box.left) / box.width;
		play(Math.max(0, Math.min(0.999, document.dir === "rtl" ? 1 - share : share)));
	});
}

// playButton is a picture that plays what it stands for.
export function playButton(key, name, picture, play) {
	const b = Object.assign(document.createElement("button"), {type: "button", className: "row-play"});
	b.dataset.plays = key;
	b.dataset.name = name;
	const sign = span("sign", "");
	sign.setAttribute("aria-hidden", "true");
	if (picture) b.append(picture);
	b.classList.toggle("bare", !picture);
	b.append(sign);
	b.addEventListener("click", play);
	return b;
}

// paintPlay shows whether something plays, and returns what there is to know.
export function paintPlay(li, listen, key) {
	const now = listen.of(key), b = li.querySelector(".row-play");
	li.classList.toggle("playing", now.playing);
	if (b) {
		b.classList.toggle("on", now.playing);
		b.setAttribute("aria-label", `${t(now.playing ? "pause" : "play")}: ${b.dataset.name}`);
	}
	return now;
}

export function span(className, text) {
	return Object.assign(document.createElement("span"), {className, textContent: text});
}

// pictureOf is the host's picture of a recording, if there is one.
export function pictureOf(r) {
	if (!r.cover) return null;
	const img = new Image(48, 48);
	img.className = "cover";
	img.alt = "";
	img.loading = "lazy";
	img.src = recordingPath(r.id, "/cover");
	return img;
}

const mostFaces = 4;

// people shows who spoke: first letters in circles, each name in its colour, and
// the names.
function people(names) {
	const all = span("people", ""), faces = span("faces", "");
	faces.setAttribute("aria-hidden", "true");
	for (const name of names.slice(0, mostFaces)) {
		let sum = 0;
		for (const c of name) sum = (sum * 31 + c.codePointAt(0)) % 8;
		faces.append(span("face hue" + sum, [...name].slice(0, 2).join("").toUpperCase()));
	}
	all.append(faces, span("names", names.map(handle).join(" ")));
	return all;
}
