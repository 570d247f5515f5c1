// How it looks. A shop sets the custom properties --reviews-accent, --reviews-font and so on where it differs.

export const style = `
:host {
  display: block; container-type: inline-size;
  --ink: var(--reviews-ink, #1c1f23); --muted: var(--reviews-muted, #5b626b); --line: var(--reviews-line, #e3e5e8);
  --edge: var(--reviews-edge, #868d96); --paper: var(--reviews-paper, #fff); --wash: var(--reviews-wash, #f5f6f7);
  --accent: var(--reviews-accent, #1f5c4d); --on-accent: var(--reviews-on-accent, #fff);
  --star: var(--reviews-star, #b7791f); --off: var(--reviews-off, #dcdfe3); --wrong: var(--reviews-wrong, #b3261e);
  font: 400 1rem/1.6 var(--reviews-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  color: var(--ink);
}
@media (prefers-color-scheme: dark) {
  :host {
    --ink: var(--reviews-ink, #e9eaec); --muted: var(--reviews-muted, #a5adb8); --line: var(--reviews-line, #31363d);
    --edge: var(--reviews-edge, #7d8590); --paper: var(--reviews-paper, #16191d); --wash: var(--reviews-wash, #1f2328);
    --accent: var(--reviews-accent, #7fd1b9); --on-accent: var(--reviews-on-accent, #0d2b23);
    --star: var(--reviews-star, #f0b429); --off: var(--reviews-off, #3c424a); --wrong: var(--reviews-wrong, #ff9d94);
    color-scheme: dark;
  }
}
*, ::before, ::after { box-sizing: border-box; }
h2, h3, h4, p, ul, fieldset, legend { margin: 0; padding: 0; border: 0; }
[hidden] { display: none !important; }
ul { list-style: none; }
h2 { font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
h3 { font-size: 1.0625rem; line-height: 1.4; font-weight: 650; overflow-wrap: anywhere; }
h4 { font-size: .875rem; font-weight: 650; }
button, select, input, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.card:focus { outline-offset: 10px; }
.muted { color: var(--muted); }
.sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.top, .tools, .buttons, .card footer { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1rem; }
.top { justify-content: space-between; margin-block-end: 1.75rem; }
.columns { display: grid; gap: 2.5rem; }
@container (min-width: 48rem) { .columns { grid-template-columns: 17rem minmax(0, 1fr); gap: 4rem; } }
.is-empty .list { display: none; }
.is-empty:has(.card) .list { display: block; }

.primary, .secondary { min-block-size: 2.75rem; padding: .5rem 1.25rem; border-radius: 999px; font-weight: 600; border: 1px solid transparent; }
.primary { background: var(--accent); color: var(--on-accent); }
.primary:hover { filter: brightness(1.1); }
.primary[aria-disabled="true"] { opacity: .75; cursor: progress; }
.secondary { background: none; border-color: var(--edge); }
.secondary:hover { background: var(--wash); }
.link { background: none; border: 0; padding: .125rem 0; min-block-size: 1.75rem; color: var(--accent); font-weight: 600; text-decoration: underline; text-underline-offset: .2em; }
.quiet { background: none; border: 1px solid transparent; border-radius: 999px; min-block-size: 2rem; padding: .125rem .75rem; color: var(--muted); font-size: .875rem; }
.quiet:hover { background: var(--wash); color: var(--ink); }

.stars { position: relative; display: inline-block; inline-size: 6.25em; block-size: 1.25em; vertical-align: -.25em; }
.stars svg { display: block; block-size: 1.25em; inline-size: 6.25em; fill: var(--off); }
.stars .fill { position: absolute; inset-block: 0; inset-inline-start: 0; inline-size: var(--share); overflow: hidden; }
.stars .fill svg { fill: var(--star); position: absolute; inset-inline-start: 0; }
[dir="rtl"] .stars svg { transform: scaleX(-1); }

.summary { display: grid; gap: 1.5rem; }
.mean { display: flex; align-items: center; gap: 1rem; }
.mean-value { font-size: 3.25rem; line-height: 1; font-weight: 650; letter-spacing: -.03em; font-variant-numeric: tabular-nums; }
.mean-side { display: grid; font-size: .9375rem; }
.bars { display: grid; gap: .125rem; }
.bar { display: grid; grid-template-columns: 5.25rem 1fr minmax(2rem, auto); align-items: center; gap: .75rem; inline-size: 100%; min-block-size: 2rem; padding: 0 .5rem; margin-inline-start: -.5rem; background: none; border: 0; border-radius: 6px; font-size: .875rem; text-align: start; }
.bar:hover:enabled, .bar[aria-pressed="true"] { background: var(--wash); }
.bar[aria-pressed="true"] { font-weight: 650; box-shadow: inset 0 0 0 1px var(--accent); }
.bar:disabled { color: var(--muted); cursor: default; }
.bar-count { text-align: end; color: var(--muted); font-variant-numeric: tabular-nums; }
.track { block-size: .5rem; background: var(--off); border-radius: 999px; overflow: hidden; }
.level { display: block; block-size: 100%; inline-size: var(--share); background: var(--star); border-radius: 999px; }
.recommended { padding: .75rem 1rem; background: var(--wash); border-radius: 10px; font-size: .9375rem; }
.scales { display: grid; gap: 1.125rem; }
.scale { display: grid; gap: .375rem; font-size: .8125rem; }
.scale-name { font-weight: 600; font-size: .875rem; }
.scale-line { position: relative; block-size: .375rem; border-radius: 999px; background: var(--off); margin-inline: .4rem; }
.mark { position: absolute; inset-block-start: 50%; inset-inline-start: var(--share); inline-size: .875rem; block-size: .875rem; margin: -.4375rem; border-radius: 50%; background: var(--accent); border: 2px solid var(--paper); }
.scale-ends { display: flex; justify-content: space-between; color: var(--muted); }

.tools { justify-content: space-between; font-size: .9375rem; margin-block-end: .5rem; }
.shown { color: var(--muted); }
.sorting { display: inline-flex; align-items: center; gap: .5rem; }
select { min-block-size: 2.25rem; padding: .25rem .5rem; border: 1px solid var(--edge); border-radius: 8px; background: var(--paper); }
.filters { font-size: .9375rem; }
.filters:empty { display: none; }
.cards { display: grid; }
.card { display: grid; gap: .625rem; padding-block: 1.5rem; border-block-end: 1px solid var(--line); justify-items: start; }
.card header { display: grid; gap: .25rem; justify-items: start; inline-size: 100%; }
.byline { font-size: .875rem; }
.body, .response p { white-space: pre-line; overflow-wrap: anywhere; max-inline-size: 68ch; }
.recommends { font-size: .875rem; color: var(--accent); font-weight: 600; }
.recommends::before { content: "✓"; margin-inline-end: .4rem; }
.response { background: var(--wash); border-inline-start: 3px solid var(--accent); border-start-end-radius: 10px; border-end-end-radius: 10px; padding: .75rem 1rem; inline-size: 100%; font-size: .9375rem; }
.photos { display: flex; flex-wrap: wrap; gap: .5rem; }
.photos li.missing { display: none; }
.thumb { padding: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; inline-size: 6rem; block-size: 6rem; background: var(--wash); cursor: zoom-in; }
.thumb img { inline-size: 100%; block-size: 100%; object-fit: cover; display: block; }
.card footer { gap: .25rem; inline-size: 100%; margin-block-start: .25rem; }
.helpful { border-color: var(--edge); padding-inline: .875rem; }
.helpful .count { margin-inline-start: .4rem; font-variant-numeric: tabular-nums; }
.helpful.done { color: var(--accent); font-weight: 600; cursor: default; }
.report { display: inline-flex; flex-wrap: wrap; align-items: center; gap: .25rem; font-size: .875rem; margin-inline-start: auto; }
.danger { color: var(--wrong); font-weight: 600; }
.reported > :not(footer):not(.told) { opacity: .35; }
.told { font-size: .875rem; color: var(--muted); }
.told:empty { display: none; }
.told.wrong { color: var(--wrong); }
.own { font-size: .75rem; font-weight: 650; color: var(--accent); border: 1px solid; border-radius: 999px; padding: 0 .5rem; }
.list .buttons { margin-block-start: 1.5rem; }
.failure, .empty { padding: 2rem; background: var(--wash); border-radius: 14px; display: grid; gap: .75rem; justify-items: center; text-align: center; }
.empty-title { font-size: 1.125rem; font-weight: 650; }
@container (min-width: 48rem) { .is-empty:not(:has(.card)) .columns { grid-template-columns: 1fr; } }

.ghost { display: grid; gap: .75rem; padding-block: 1.5rem; }
.ghost i { block-size: .875rem; border-radius: 6px; background: var(--line); animation: breathe 1.6s ease-in-out infinite; }
.ghost i:nth-child(1) { inline-size: 30%; }
.ghost i:nth-child(2) { inline-size: 55%; }
.ghost i:nth-child(4) { inline-size: 80%; }
@keyframes breathe { 50% { opacity: .45; } }

dialog { border: 0; color: inherit; background: var(--paper); padding: 0; }
dialog::backdrop { background: rgb(12 15 18 / .6); }
dialog.form { inline-size: min(40rem, calc(100vw - 1.5rem)); max-block-size: calc(100dvh - 1.5rem); scroll-padding-block: 1rem 8rem; border-radius: 18px; box-shadow: 0 20px 60px rgb(0 0 0 / .3); }
form { display: grid; gap: 1.375rem; padding: clamp(1.25rem, 4vw, 2rem); }
.field { display: grid; gap: .375rem; min-inline-size: 0; }
.field > label, legend { font-weight: 600; padding-block-end: .25rem; }
.field .muted { font-weight: 400; font-size: .875rem; }
input:not([type="radio"]), textarea { inline-size: 100%; min-block-size: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: 10px; background: var(--paper); }
textarea { resize: vertical; }
[aria-invalid]:not([type="radio"]) { border-color: var(--wrong); box-shadow: inset 0 0 0 1px var(--wrong); }
.counter { font-size: .8125rem; color: var(--muted); justify-self: end; font-variant-numeric: tabular-nums; }
.counter.over, .field-error, .problem { color: var(--wrong); font-weight: 600; }
.field-error, .problem { font-size: .875rem; }
.problem:empty { display: none; }
.rating-input { display: flex; align-items: center; flex-wrap: wrap; }
.rating-input label { position: relative; padding-inline: .125rem; line-height: 0; }
.rating-input input { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; opacity: 0; margin: 0; cursor: pointer; }
.rating-input svg { inline-size: 2.25rem; block-size: 2.25rem; fill: none; stroke: var(--edge); stroke-width: 1; }
.rating-input .on svg { fill: var(--star); stroke: var(--star); }
.rating-input label:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
.rating-word { margin-inline-start: .75rem; font-weight: 600; }
.choices { display: flex; gap: 1.5rem; }
.choices label { display: inline-flex; align-items: center; gap: .5rem; min-block-size: 2rem; }
input[type="radio"] { accent-color: var(--accent); inline-size: 1.125rem; block-size: 1.125rem; margin: 0; }
.scale-input { display: grid; grid-template-columns: 1fr auto 1fr; gap: .75rem; align-items: center; }
.scale-input > :last-child { text-align: end; }
@container (max-width: 30rem) { .scale-input { grid-template-columns: 1fr 1fr; } .scale-radios { grid-row: 2; grid-column: 1 / -1; } }
.scale-radios { display: flex; justify-content: space-between; gap: .25rem; order: 0; }
.scale-radios label { display: grid; justify-items: center; gap: .125rem; min-inline-size: 2.25rem; font-size: .8125rem; }
.photo-inputs { display: grid; gap: .5rem; }
.photo-input { display: flex; gap: .5rem; align-items: center; }
.field > .link { justify-self: start; }
form .buttons { justify-content: end; position: sticky; inset-block-end: 0; background: var(--paper); padding-block: .75rem; margin-block-end: -.75rem; }

dialog.lightbox { background: none; color: #fff; inline-size: 100vw; max-inline-size: none; block-size: 100dvh; max-block-size: none; place-content: center; gap: .75rem; text-align: center; }
dialog.lightbox[open] { display: grid; }
dialog.lightbox::backdrop { background: rgb(8 10 12 / .9); }
.stage { display: flex; align-items: center; justify-content: center; gap: .75rem; padding-inline: .75rem; }
.stage img { max-inline-size: min(72rem, calc(100vw - 9rem)); max-block-size: 80dvh; min-inline-size: 8rem; min-block-size: 8rem; object-fit: contain; border-radius: 8px; }
@media (max-width: 40rem) {
  .stage { flex-wrap: wrap; }
  .stage img { order: -1; max-inline-size: calc(100vw - 1.5rem); max-block-size: 70dvh; }
}
.round { inline-size: 2.75rem; block-size: 2.75rem; border-radius: 50%; border: 1px solid #ffffff80; background: #0009; color: #fff; font-size: 1.375rem; line-height: 1; flex: none; }
.close { position: absolute; inset-block-start: 1rem; inset-inline-end: 1rem; }
.lightbox :focus-visible { outline-color: #fff; }
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; } }
`;
