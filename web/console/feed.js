// The event stream of the server: tells what comes, and whether it still comes. EventSource connects again by itself.

const SILENCE_MS = 3000;

export function openFeed({ about, segments, sample, connection }) {
  let timer = 0;
  const source = new EventSource("/actors?stream");
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => connection(false), SILENCE_MS);
    connection(true);
  };
  const on = (name, take) =>
    source.addEventListener(name, (event) => {
      heard();
      take(JSON.parse(event.data));
    });
  on("about", about);
  on("segments", segments);
  on("sample", sample);
  source.addEventListener("error", () => {
    connection(false);
    // A refusal (too many watch) ends an EventSource for good.
    if (source.readyState === EventSource.CLOSED) {
      clearTimeout(timer);
      setTimeout(() => openFeed({ about, segments, sample, connection }), 5000);
    }
  });
}
