// A time plays from there; without scripts its link opens the file at it.
const player = document.querySelector("audio");
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-at]");
  if (!link || !player.canPlayType) return;
  event.preventDefault();
  player.currentTime = Number(link.dataset.at);
  player.play();
});
