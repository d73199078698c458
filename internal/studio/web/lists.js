// The lists beside the waveform.
import {bytes, dateTime, decimal, position} from "./time.js";
import {handle, has, t} from "./words.js";

function item(...children) {
	const li = document.createElement("li");
	li.append(...children);
	return li;
}

function element(name, className, text) {
	return Object.assign(document.createElement(name), {className, textContent: text});
}

function button(text, action, label) {
	const b = Object.assign(document.createElement("button"), {type: "button", textContent: text});
	b.addEventListener("click", action);
	if (label) b.setAttribute("aria-label", label);
	return b;
}

function fill(list, items, nothing) {
	list.replaceChildren(...(items.length || !nothing ? items : [item(element("span", "quiet", nothing))]));
}

const stretch = (s, rate) => t("stretch", {from: position(s.start / rate, 1), to: position((s.start + s.samples) / rate, 1), length: decimal(s.samples / rate, 1)});

// made is the row of a clip or an episode: about tells of it, first are actions
// of its own. What was removed has one alone, which brings it back.
function made(m, name, about, on, ...first) {
	if (m.place) {
		const undo = button(t("undo"), () => on.undo(m), `${t("undo")}: ${m.file}`);
		undo.dataset.place = m.place;
		return item(element("span", "quiet", t("removedOne", {name: m.file})), actions(undo));
	}
	if (m.missing) return item(element("span", "name", name), element("span", "quiet", about.join(" · ")), element("span", "quiet", t("fileMissing", {file: m.file})));
	const link = Object.assign(document.createElement("a"), {href: on.download(m), textContent: t("download")});
	link.setAttribute("download", m.file);
	link.setAttribute("aria-label", `${t("download")}: ${m.file}`);
	const rename = button(t("rename"), () => on.rename(m), `${t("rename")}: ${m.file}`);
	const remove = button(t("remove"), () => on.remove(m), `${t("remove")}: ${m.file}`);
	remove.dataset.file = m.file;
	return item(element("span", "name", name), element("span", "quiet", about.join(" · ")), actions(...first, rename, remove, link));
}

export function clipList(list, clips, rate, on) {
	fill(list, clips.map((c) => {
		const name = c.settings?.title || c.file;
		return made(c, name, [stretch(c, rate), ...(name === c.file ? [] : [c.file])], on,
			button(t("playIt"), () => on.play(c), `${t("playIt")}: ${name}`), button(t("useMoment"), () => on.choose(c), `${t("useMoment")}: ${name}`));
	}), t("noClips"));
}

// feedState says whether an episode enters the feed, and from when if that is to come.
export function feedState(e) {
	if (e.published && e.publish_at) return t("inFeedFrom", {when: dateTime(new Date(e.publish_at))});
	return t(e.published ? "inFeed" : "notInFeed");
}

export function episodeList(list, episodes, on) {
	fill(list, episodes.map((e) => made(e, e.file, [position(e.duration), bytes(e.bytes), feedState(e)], on,
		button(t(e.published ? "unpublish" : "publish"), () => on.publish(e), `${t(e.published ? "unpublish" : "publish")}: ${e.file}`))), t("noEpisodes"));
}

function actions(...children) {
	const e = element("span", "actions", "");
	e.append(...children);
	return e;
}

export function faultList(list, detail) {
	const items = detail.gaps.map((g) => item(t("gapAt", {t: Math.round(g.seconds * 10) / 10, at: position(g.at)})));
	for (const d of detail.damages) {
		items.push(item(t("damageIn", {piece: d.piece, n: d.damage.places, t: Math.round(d.damage.lost_seconds * 10) / 10})));
	}
	fill(list, items, detail.state === "missing" ? t("missingAudio") : detail.length > 0 ? t("noFaults") : t("noAudio"));
}

export function uploadList(list, uploads) {
	fill(list, uploads.map((u) => {
		const text = element("span", "name", u.object);
		const about = t("uploaded", {kind: has("kind." + u.kind) ? t("kind." + u.kind) : u.kind, place: u.target || u.place, at: dateTime(new Date(u.at))});
		const li = item(text, element("span", "quiet", about + (u.public ? " · " + t("public") : "")));
		if (u.public && /^https?:/.test(u.url ?? "")) {
			li.append(Object.assign(document.createElement("a"), {href: u.url, textContent: u.url, rel: "noreferrer noopener", target: "_blank"}));
		}
		return li;
	}), t("noUploads"));
}
