// The small player at the lower edge of the library: it plays a recording, a
// clip or an episode while the lists are looked through.
import {get, recordingPath} from "./api.js";
import {Player} from "./player.js";
import {position} from "./time.js";
import {t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class Listen {
	// changed is told whenever something else is to be seen of what plays.
	constructor(say) {
		this.say = say;
		this.told = new Set();
		this.player = new Player(byId("listen-audio"), () => this.show(), () => say(t("cannotPlay"), true));
		byId("listen-play").addEventListener("click", () => this.player.toggle());
		byId("listen-close").addEventListener("click", () => this.close());
		byId("listen-at").addEventListener("input", (e) => this.player.seek(Number(e.target.value)));
	}

	// on tells f whenever something else is to be seen.
	on(f) { this.told.add(f); }

	// recording plays or pauses a recording, from a share of it if one is given.
	async recording(r, share) {
		const key = "r:" + r.id;
		if (this.toggled(key, share)) return;
		this.begin({key, title: r.untitled ? t("noTitle") : r.title, id: r.id});
		let detail;
		try {
			detail = await get(recordingPath(r.id));
		} catch (e) {
			if (this.now?.key === key) this.close();
			this.say(e, true);
			return;
		}
		if (this.now?.key !== key) return;
		this.player.open(r.id, detail.parts);
		this.start(share);
	}

	// file plays or pauses a clip or an episode.
	file(m, share) {
		const key = `${m.kind}:${m.id}:${m.sha256}`;
		if (this.toggled(key, share)) return;
		this.begin({key, title: m.title, id: m.id, path: m.path});
		this.player.open(m.id, [{file: 0, start: 0, length: m.duration, offset: 0}], () => m.path);
		this.start(share);
	}

	toggled(key, share) {
		if (this.now?.key !== key || !this.player.parts.length) return false;
		if (share === undefined) this.player.toggle();
		else this.start(share);
		return true;
	}

	begin(now) {
		this.player.close();
		this.now = now;
		this.show();
	}

	start(share = 0) {
		if (share > 0) this.player.seek(share * this.player.length);
		else if (!this.player.playing && this.player.position >= this.player.length - 0.1) this.player.seek(0);
		this.player.play();
		this.show();
	}

	// close ends it; the focus goes back to the row.
	close() {
		const from = byId("listen").contains(document.activeElement);
		this.player.close();
		const {now} = this;
		this.now = null;
		this.show();
		if (from && now) document.querySelector(`[data-plays="${CSS.escape(now.key)}"]`)?.focus();
	}

	// pause is for those who look at something else.
	pause() { if (this.now) this.player.pause(); }

	// of says how far something is played: its share, and whether it plays now.
	of(key) {
		if (this.now?.key !== key) return {share: 0, playing: false};
		return {share: this.player.length ? this.player.position / this.player.length : 0, playing: this.player.playing};
	}

	show() {
		this.player.tick();
		const {now, player} = this, at = byId("listen-at");
		byId("listen").hidden = !now;
		document.body.classList.toggle("listening", Boolean(now));
		if (now) {
			byId("listen-play").classList.toggle("on", player.playing);
			byId("listen-play").setAttribute("aria-label", t(player.playing ? "pause" : "play"));
			const link = byId("listen-title");
			if (link.textContent !== now.title) link.textContent = now.title;
			link.href = "#/r/" + encodeURIComponent(now.id) + (now.path || player.position < 1 ? "" : "?t=" + player.position.toFixed(1));
			at.max = player.length;
			at.value = player.position;
			at.setAttribute("aria-valuetext", t("listenAt", {at: position(player.position), of: position(player.length)}));
			byId("listen-time").textContent = position(player.position) + " / " + position(player.length);
		}
		for (const f of this.told) f();
	}
}
