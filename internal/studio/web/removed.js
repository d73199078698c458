// What was removed and can be brought back, and a word on backups: what a
// library keeps for the case that something is lost.
import {get} from "./api.js";
import {restore, restored} from "./made.js";
import {quote} from "./saving.js";
import {bytes, date, dateTime} from "./time.js";
import {t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class RemovedView {
	constructor(say) {
		this.say = say;
		this.items = [];
	}

	// show counts what there is, for the link to it, or lists it.
	async show(all) {
		this.shown = all;
		await this.load();
		if (this.shown) byId("h-removed").focus();
	}

	hide() { this.shown = false; }

	async load() {
		try {
			this.items = await get("api/removed");
			this.known = true;
		} catch (e) {
			this.say(e, true);
			return;
		}
		this.render();
	}

	render() {
		byId("removed-link").hidden = this.items.length === 0;
		byId("removed-link").textContent = t("removedLink", {n: this.items.length});
		if (!this.shown || !this.known) return;
		byId("removed-about").textContent = t(this.items.length ? "removedAbout" : "removedNone");
		byId("removed-list").replaceChildren(...this.items.map((it) => this.row(it)));
	}

	row(it) {
		const name = it.kind === "space" ? it.title || it.id : it.name;
		const title = it.kind === "space" || it.title === name ? "" : it.title;
		const when = it.removed_at ? t("removedAt", {at: dateTime(new Date(it.removed_at))}) : t("removedBefore");
		const until = it.kept_until ? t("keptUntil", {until: date(new Date(it.kept_until))}) : t("keptOn");
		const button = Object.assign(document.createElement("button"), {type: "button", textContent: t("restore")});
		button.setAttribute("aria-label", `${t("restore")}: ${name}`);
		button.addEventListener("click", () => this.restore(it, button));
		const li = document.createElement("li"), text = span("text", "");
		text.append(span("name", name), span("quiet", [t("kind." + it.kind), title, bytes(it.bytes), when, until].filter(Boolean).join(" · ")));
		li.append(text, button);
		return li;
	}

	async restore(it, button) {
		const at = this.items.indexOf(it);
		button.disabled = true;
		try {
			const back = await restore(it.place);
			this.say(it.kind === "space" ? t("restored", {name: it.title || it.id}) : restored(back));
		} catch (e) {
			this.say(e, true);
		}
		await this.load();
		// The row is gone, and the focus with it: it goes to the one that follows.
		const rows = byId("removed-list").querySelectorAll("button");
		(rows[Math.min(at, rows.length - 1)] ?? byId("h-removed")).focus();
	}
}

function span(className, text) {
	return Object.assign(document.createElement("span"), {className, textContent: text});
}

// Backup tells of the latest backup what the library knows: the place where the
// backup lies was not asked.
export class Backup {
	// of says whether there is something to back up.
	of(any) {
		this.any = any;
		this.render();
	}

	async load() {
		this.state = await get("api/backup").catch(() => null);
		this.render();
	}

	render() {
		const b = this.state, details = byId("backup");
		details.hidden = !b || !this.any;
		if (details.hidden) return;
		const of = this.server?.library_flag ? " --library " + quote(this.server.library_flag, this.server.system) : "";
		const target = quote(b.name || "TARGET", this.server?.system) + of, create = "spaces backup create " + target;
		if (!b.place) {
			byId("backup-last").textContent = t("backupNone");
			byId("backup-more").replaceChildren(line(t("backupMake"), create));
			return;
		}
		byId("backup-last").textContent = t("backupLast", {at: dateTime(new Date(b.at))}) + " " + t(b.changed ? "backupChanged" : "backupSame");
		const more = [line(t("backupPlace", {place: b.name ? `${b.name}, ${b.place}` : b.place}))];
		if (b.ahead) more.push(line(t("backupAhead")));
		if (b.newer > 0) more.push(line(t("backupNewer", {n: b.newer})));
		if (b.changed) more.push(line(t("backupUpdate"), create));
		more.push(line(t("backupUnchecked"), "spaces backup check " + target));
		for (const place of b.holding) more.push(line(t("backupHolding", {place}), "spaces backup create " + quote(place, this.server?.system) + of));
		byId("backup-more").replaceChildren(...more);
	}
}

// line is a sentence, with a command if it ends with one.
function line(text, command) {
	const li = document.createElement("li");
	li.append(text);
	if (command) li.append(" ", Object.assign(document.createElement("code"), {textContent: command}));
	return li;
}
