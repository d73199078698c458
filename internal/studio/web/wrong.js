// Tells what is wrong with what was typed, at the field itself.
import {put} from "./words.js";

// wrong marks a field, with a text or an error and controls in the element for that, and
// takes the keyboard there.
export function wrong(field, place, text, ...controls) {
	field.setAttribute("aria-invalid", "true");
	field.setAttribute("aria-describedby", place.id);
	const words = document.createElement("span");
	put(words, text);
	place.replaceChildren(words, ...controls);
	field.focus();
}

// right takes such a mark away again.
export function right(field, place) {
	if (!field.hasAttribute("aria-invalid")) return;
	field.removeAttribute("aria-invalid");
	field.removeAttribute("aria-describedby");
	place.replaceChildren();
}
