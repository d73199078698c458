// The words of the page. The server has those of each language, from the file
// that translators write (internal/languages/words).
let words = {}, problems = {}, now = "en", rightToLeft = false, rules = new Intl.PluralRules("en");
let list = [], comma = ", ";

export const language = () => now;

// languages are all that the page speaks: {tag, name}.
export const languages = () => list;

const numbers = new Map();

function written(value) {
	if (typeof value === "number") {
		if (!numbers.has(now)) numbers.set(now, new Intl.NumberFormat(now));
		return numbers.get(now).format(value);
	}
	return apart(String(value));
}

// apart keeps what stands around a name as it is where the letters of the name run
// the other way (UAX #9, isolates).
const apart = (text) => rightToLeft || /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u.test(text) ? `\u2068${text}\u2069` : text;

function fill(entry, values) {
	const text = typeof entry === "string" ? entry : entry[rules.select(Number(values.n))] ?? entry.other;
	return text.replace(/\{(\w+)\}/g, (whole, name) => name in values ? written(values[name]) : whole);
}

export const has = (key) => key in words;

// t returns the words of a key, with {name} replaced by values. The number {n}
// chooses among the forms of a text that has several.
export const t = (key, values = {}) => key in words ? fill(words[key], values) : key;

// problem returns the page's words for a kind of error that the server tells in
// English, or undefined where it has none.
export function problem(kind, values = {}) {
	if ("error." + kind in words) return t("error." + kind, values);
	return now !== "en" && kind in problems ? fill(problems[kind], values) : undefined;
}

// put shows a text, or what went wrong: an error that only the server has words
// for is in English, and marked as such for those who listen to the page.
export function put(element, what) {
	const wrong = what instanceof Error, english = wrong && what.english !== false && now !== "en";
	element.textContent = wrong && what.english && what.hint ? `${what.message} (${what.hint})` : wrong ? what.message : what;
	if (english) Object.assign(element, {lang: "en", dir: "ltr"});
	else if (element.lang) {
		element.removeAttribute("lang");
		element.removeAttribute("dir");
	}
}

// joined is a list in one text.
export const joined = (items) => items.map((s) => apart(String(s))).join(comma);

// handle is a name as people write it. Where nobody knows the handle, it is a
// user's number.
export const handle = (name) => apart(/^\d*$/.test(name) ? name : "@" + name);

// speak sets the language and puts its words into the page. The server chooses
// where the name is empty, by what the browser prefers.
let last = 0;
export async function speak(name) {
	const run = ++last;
	const response = await fetch("words.json?" + new URLSearchParams({language: name}), {credentials: "same-origin"});
	if (!response.ok) throw new Error(response.statusText);
	const answer = await response.json();
	if (run !== last) return;
	({words, problems, comma, language: now, languages: list} = answer);
	rules = new Intl.PluralRules(now);
	rightToLeft = answer.direction === "rtl";
	document.documentElement.lang = now;
	document.documentElement.dir = answer.direction;
	for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
	for (const e of document.querySelectorAll("[data-t-label]")) e.setAttribute("aria-label", t(e.dataset.tLabel));
	for (const e of document.querySelectorAll("[data-t-placeholder]")) e.placeholder = t(e.dataset.tPlaceholder);
	for (const e of document.querySelectorAll("[data-t-title]")) e.title = t(e.dataset.tTitle);
}

// Modules that use words begin when there are some.
await speak(localStorage.getItem("language") ?? "").catch(() => {});
