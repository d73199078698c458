// Questions that the page asks.

// answer shows a dialog and returns the value of the button that was pressed, ""
// after Escape. It does not wait for "close" alone: that comes later, when the
// same dialog may ask the next question.
export function answer(dialog) {
	dialog.returnValue = "";
	dialog.showModal();
	return new Promise((resolve) => {
		const end = (value) => {
			for (const name in on) dialog.removeEventListener(name, on[name]);
			resolve(value);
		};
		const on = {
			submit: (e) => end(e.submitter?.value ?? ""),
			cancel: () => end(""),
			close: () => dialog.open || end(dialog.returnValue),
		};
		for (const name in on) dialog.addEventListener(name, on[name]);
	});
}
