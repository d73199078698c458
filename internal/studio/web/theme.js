// Runs before the first paint, so that no page flashes in the wrong theme.
"use strict";
{
	const kept = localStorage.getItem("theme");
	if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
}
