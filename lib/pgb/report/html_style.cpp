#include "pgb/report/html_style.h"

namespace pgb::report {

const char* page_style() {
  return R"css(
:root {
  color-scheme: light dark;
  --paper: #fcfbf8; --panel: #f4f2ec; --ink: #1c1e21; --soft: #5b6067; --rule: #dcd8ce;
  --accent: #1d5d9b; --quiet: #8a6d1f;
  --satisfied: #1a6b3c; --violated: #ab2a1f; --undecided: #7d5400;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", P052, Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --panel: #1e2125; --ink: #e7e4dd; --soft: #a4a7ac; --rule: #363b41;
    --accent: #7fb5ee; --quiet: #d9b765;
    --satisfied: #74c797; --violated: #f4958a; --undecided: #e3b765;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 var(--serif); overflow-wrap: anywhere; }
main, .masthead, .colophon { max-width: 72rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 3rem); }
a { color: var(--accent); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; font-weight: 600; }
h1 { font-size: clamp(1.6rem, 1.2rem + 1.8vw, 2.4rem); margin: 0.2rem 0 0.6rem; letter-spacing: -0.01em; }
h2 { font: 500 1.0625rem/1.4 var(--mono); margin: 0 0 0.9rem; color: var(--soft); }
h3, caption, .kicker, .tag, th, .label, figcaption, .badge { font-family: var(--sans); }
h3, caption { font-size: 0.8125rem; font-weight: 600; color: var(--soft); text-align: left; letter-spacing: 0.01em; }
h3 { margin: 0 0 0.5rem; }
caption { padding: 0 0 0.35rem; }
p { margin: 0 0 0.7rem; max-width: 44rem; }
.masthead { padding-top: clamp(1.5rem, 4vw, 3.5rem); padding-bottom: 1rem; }
.kicker { font-size: 0.875rem; color: var(--soft); margin: 0; }
.soft { color: var(--soft); }
code, .mono { font: 0.875em/1.5 var(--mono); }

table { border-collapse: collapse; width: 100%; font-variant-numeric: lining-nums tabular-nums; }
th { text-align: left; font-size: 0.8125rem; font-weight: 500; color: var(--soft); }
td, th { padding: 0.42rem 0.9rem 0.42rem 0; vertical-align: baseline; border-top: 1px solid var(--rule); }
td:last-child, th:last-child { padding-right: 0; }
thead th { border-top: 0; padding-top: 0; }
th.number, td.number { text-align: right; white-space: nowrap; overflow-wrap: normal; }
.facts { margin: 0 0 1.7rem; }
.facts th { width: 9.5rem; }
.detail { display: block; font-size: 0.9375rem; line-height: 1.4; color: var(--soft); }
.overview { margin: 0.8rem 0 0; }
.overview td:first-child { min-width: 19rem; }
.overview .answered { white-space: nowrap; }
.families td:first-child { width: 42%; }

.satisfied { --tone: var(--satisfied); } .violated { --tone: var(--violated); } .undecided { --tone: var(--undecided); }
.badge { color: var(--tone); font-weight: 650; white-space: nowrap; }
.badge::before { display: inline-block; width: 1.25em; font-weight: 700; }
.satisfied .badge::before { content: "\2713"; } .violated .badge::before { content: "\2715"; }
.undecided .badge::before { content: "?"; }
.tag { font-size: 0.75rem; line-height: 1; padding: 0.18em 0.5em 0.22em; border: 1px solid var(--rule); border-radius: 3px;
  color: var(--soft); white-space: nowrap; margin-left: 0.35em; position: relative; top: -0.08em; }
.tag.proved { color: var(--ink); border-color: currentColor; }

.problem { border-top: 1px solid var(--rule); padding: clamp(1.6rem, 4vw, 2.8rem) 0 0.6rem; margin-top: clamp(1.4rem, 3vw, 2.4rem); }
.answer { border-left: 4px solid var(--tone); padding: 0.1rem 0 0.1rem 1.1rem; margin: 0 0 1.9rem; }
.answer p { margin: 0 0 0.5rem; }
.answer p:last-child { margin: 0; }
.answer .badge { font-size: 1rem; }
.answer .headline { font-size: clamp(1.3rem, 1.1rem + 0.9vw, 1.7rem); line-height: 1.25; font-weight: 600; margin: 0.25rem 0 0.5rem; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 clamp(2rem, 4vw, 3.5rem); align-items: start; }
.columns.single { grid-template-columns: minmax(0, 46rem); }
.block { margin: 0 0 1.8rem; }
ul { margin: 0; padding-left: 1.15rem; max-width: 46rem; }
li { margin: 0 0 0.35rem; }
figure { margin: 0 0 1.9rem; }
figcaption { font-size: 0.8125rem; line-height: 1.45; color: var(--soft); margin-top: 0.4rem; }
figcaption b { color: var(--ink); font-weight: 600; }
.slices { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 0 2.5rem; }

.plot { display: block; width: 100%; height: auto; overflow: visible; font: 12.5px var(--sans); }
.plot text { fill: var(--ink); }
.plot .tick, .plot .label { fill: var(--soft); }
.plot .end { text-anchor: end; } .plot .middle { text-anchor: middle; }
.plot .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.plot .grid { stroke: var(--rule); stroke-width: 1; }
.plot .axis { stroke: var(--soft); stroke-width: 1; }
.plot .shade { fill: var(--accent); shape-rendering: crispEdges; }
.plot .paper { fill: var(--paper); }
.plot .level { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 2 3; }
.plot .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.plot .curve.series-0 { stroke: var(--quiet); } .plot .curve.series-1 { stroke: var(--accent); }
.plot .curve.series-2 { stroke: var(--violated); } .plot .curve.series-3 { stroke: var(--satisfied); }
.plot .marker { stroke-width: 1.6; fill: var(--paper); stroke: var(--quiet); }
.plot .marker.series-1 { fill: var(--accent); stroke: var(--accent); }
.plot .marker.series-2 { stroke: var(--violated); } .plot .marker.series-3 { fill: var(--satisfied); stroke: var(--satisfied); }

.terms { display: grid; grid-template-columns: 11rem minmax(0, 44rem); gap: 0.5rem 1.5rem; margin: 0 0 1.6rem; font-size: 0.9375rem; }
.terms dt { font: 600 0.8125rem/1.7 var(--sans); } .terms dd { margin: 0; }
.colophon { border-top: 1px solid var(--rule); margin-top: 2.5rem; padding-top: 1.8rem; padding-bottom: 3rem; }
.command { display: block; background: var(--panel); padding: 0.7rem 0.9rem; border-radius: 4px; white-space: pre-wrap; }

@media (max-width: 52rem) {
  .columns, .columns.single { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 38rem) {
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { display: block; border-top: 1px solid var(--rule); padding: 0.55rem 0; }
  .stack td, .stack th { display: flex; align-items: baseline; border: 0; padding: 0.1rem 0; }
  .stack td.number { text-align: left; white-space: normal; }
  .stack td::before { content: attr(data-label); font: 0.8125rem/1.6 var(--sans); color: var(--soft); flex: none; width: 7.2rem; }
  .stack td.wide { display: block; }
  .stack td.wide::before { content: none; }
  .stack td:empty { display: none; }
  .overview td:first-child, .families td:first-child { min-width: 0; width: auto; }
  .facts th { width: 7.2rem; }
  .plot { font-size: 15px; }
  .terms { grid-template-columns: minmax(0, 1fr); gap: 0.1rem; }
  .terms dd { margin: 0 0 0.6rem; }
  .answer { padding-left: 0.8rem; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --panel: #f4f4f4; --ink: #000; --soft: #444; --rule: #bbb;
    --accent: #1d5d9b; --quiet: #8a6d1f; --satisfied: #1a6b3c; --violated: #ab2a1f; --undecided: #7d5400; }
  @page { margin: 18mm 16mm; }
  body { font-size: 10pt; }
  main, .masthead, .colophon { max-width: none; padding-left: 0; padding-right: 0; }
  a { color: inherit; }
  figure, tr, .answer, .block { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .problem { break-before: page; border: 0; margin-top: 0; padding-top: 0; }
  .problem.first { break-before: auto; }
}
)css";
}

}  // namespace pgb::report
