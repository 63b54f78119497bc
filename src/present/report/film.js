'use strict';
// Every picture of the page shows the same time: the slider or the button of any of them sets it.
const films = Array.from(document.querySelectorAll('figure.film'), (figure) => {
  const images = Array.from(figure.querySelectorAll('svg[role=img]'), (svg) => {
    return { svg, scenes: Array.from(svg.querySelectorAll('.scene')) };
  });
  const [button, slider, time] = ['button', 'input', '.time'].map((part) => figure.querySelector(part));
  return { images, button, slider, time, times: images[0].scenes.map((scene) => scene.dataset.time) };
});
let playing = null;

function turn(time) {
  for (const film of films) {
    const index = film.times.indexOf(time);
    if (index < 0) continue;
    for (const { svg, scenes } of film.images) {
      scenes.forEach((scene, k) => scene.setAttribute('display', k === index ? 'inline' : 'none'));
      svg.setAttribute('aria-label', scenes[index].dataset.text);
    }
    film.slider.value = index;
    film.slider.setAttribute('aria-valuetext', time);
    film.time.textContent = time;
  }
}

function pause() {
  if (!playing) return;
  clearInterval(playing.timer);
  playing.film.button.textContent = 'Play';
  playing = null;
}

function play(film) {
  pause();
  const last = film.times.length - 1;
  const next = () => {
    const now = Number(film.slider.value);
    turn(film.times[now === last ? 0 : now + 1]);
    if (now + 1 === last) pause();
  };
  const wait = Math.min(500, Math.max(100, 6000 / last));
  playing = { film, timer: setInterval(next, wait) };
  film.button.textContent = 'Pause';
  if (Number(film.slider.value) === last) turn(film.times[0]);
}

for (const film of films) {
  film.button.hidden = film.slider.hidden = false;
  film.button.addEventListener('click', () => (playing && playing.film === film ? pause() : play(film)));
  film.slider.addEventListener('input', () => {
    pause();
    turn(film.times[Number(film.slider.value)]);
  });
}
