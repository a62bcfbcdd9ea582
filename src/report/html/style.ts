/** The style sheet. On paper it is always the light one. */
import { DARK, HEAT_LEVELS, LIGHT, properties } from './palette.ts';

const series = LIGHT.series.map((_, i) => `.s${i}{color:var(--s${i})}`).join('');
const heat = Array.from({ length: HEAT_LEVELS }, (_, i) => `.h${i}{fill:var(--h${i})}`).join('');

const BASE = `
*,*::before,*::after{box-sizing:border-box}
[hidden]{display:none!important}
html{background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;padding:36px 20px 72px;max-width:900px;font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
h1,h2,h3{line-height:1.2;letter-spacing:-.012em;text-wrap:balance;margin:0}
h1{font-size:clamp(1.5rem,1.1rem + 2vw,2.1rem);font-weight:680}
h2{font-size:1.3rem;font-weight:650}
p{margin:0}
code{font:.94em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:-.02em}
.eyebrow{color:var(--soft);font-size:.85rem;display:flex;flex-wrap:wrap;gap:4px 18px;justify-content:space-between;margin-bottom:26px}
.eyebrow b{color:var(--ink);font-weight:650}
.asked{color:var(--soft);margin-top:10px;max-width:70ch}
.answer{font-size:1.3rem;line-height:1.4;margin-top:16px;max-width:40em;text-wrap:pretty}
section{margin-top:60px}
section.chapter{border-top:2px solid var(--ink);padding-top:24px}
section.chapter+section{margin-top:36px}
.lead{color:var(--soft);margin-top:8px;max-width:72ch}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.defs{position:absolute;width:0;height:0}

.verdict{background:var(--wash);border-radius:8px;padding:13px 16px;margin-top:24px}
.verdict p{margin-top:3px;max-width:80ch;color:var(--soft);font-size:.92rem}
.icon{width:16px;height:16px;flex:none;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.note{color:var(--soft)}
.sign .soft{font-weight:400;white-space:normal}
.soft{color:var(--soft)}
.sign{font-weight:600;white-space:nowrap}
.sign .icon{vertical-align:-2.5px;margin-right:6px}

.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:1px;background:var(--line);border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:22px 0 0}
.tiles div{background:var(--page);padding:12px 14px}
.tiles dt{color:var(--soft);font-size:.82rem}
.tiles dd{margin:2px 0 0;white-space:nowrap;font-size:1.32rem;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.tiles dd.few{color:var(--soft);font-weight:400}

.caveats{list-style:none;margin:14px 0 0;padding:0;display:grid;gap:7px;max-width:80ch}
.caveats li{display:grid;grid-template-columns:16px 1fr;gap:9px;font-size:.92rem;line-height:1.45}
.caveats .icon{margin-top:3px}
.caveats span{color:var(--ink)}
.caveats .note span{color:var(--soft)}
.touches{list-style:none;margin:12px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:6px 8px}
.touches li{display:flex;gap:7px;background:var(--wash);border-radius:6px;padding:3px 10px 3px 8px;font-size:.86rem;line-height:1.45}
.touches .icon{margin-top:2.5px}
.touches span{color:var(--ink)}
.kept .sign{white-space:normal}
.kept{list-style:none;margin:16px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:6px 22px;font-size:.95rem}

nav{margin-top:26px;font-size:.92rem;border-top:1px solid var(--line);padding-top:14px}
nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:4px 20px}

figure{margin:20px 0 0}
figcaption{font-weight:600;font-size:.95rem;margin-bottom:6px}
.legend{list-style:none;margin:0 0 12px;padding:0;display:flex;flex-wrap:wrap;gap:5px 20px;font-size:.86rem;color:var(--soft)}
.legend li{display:flex;gap:7px;align-items:center;min-width:0}
.swatch{width:28px;height:14px;flex:none;overflow:visible}
.swatch.small{width:14px}
.ramp{width:126px;height:12px;flex:none;border-radius:2px}
.run.short{white-space:nowrap}
.run .swatch{vertical-align:-2px;margin-right:8px}
.drawing svg{width:100%;height:auto;overflow:visible}
svg.wide{display:block}
svg.narrow{display:none}

details{margin-top:14px}
summary{cursor:pointer;color:var(--link);font-size:.9rem;width:fit-content;padding:3px 0}
summary:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
/* A shade at an edge behind which there is more: the page's colour lies over it where there is none. */
.scroll{overflow-x:auto;margin-top:12px;overflow-wrap:normal;background:linear-gradient(to right,var(--page) 45%,transparent) 0 0/44px 100% no-repeat local,linear-gradient(to left,var(--page) 45%,transparent) 100% 0/44px 100% no-repeat local,linear-gradient(to right,color-mix(in srgb,var(--axis) 55%,transparent),transparent) 0 0/14px 100% no-repeat scroll,linear-gradient(to left,color-mix(in srgb,var(--axis) 55%,transparent),transparent) 100% 0/14px 100% no-repeat scroll}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums;width:100%}
caption span{position:sticky;left:0;display:inline-block;max-width:min(100%,calc(100vw - 40px));white-space:normal;overflow-wrap:anywhere}
caption{text-align:left;color:var(--soft);padding-bottom:6px;font-size:.86rem}
th,td{padding:6px 10px 6px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-weight:500;vertical-align:bottom;border-bottom-color:var(--axis)}
tbody th{font-weight:500;min-width:9em;white-space:pre-wrap}
td.number,th.number{text-align:right}
td.number{white-space:nowrap}
td.few{color:var(--soft);font-style:italic}
.facts{display:grid;grid-template-columns:minmax(9em,max-content) 1fr;gap:5px 22px;margin:14px 0 0;font-size:.9rem}
.facts dt{color:var(--soft)}
.facts dd{margin:0}
.problems{margin:12px 0 0;padding-left:1.2em;font-size:.9rem}
footer{margin-top:64px;border-top:1px solid var(--line);padding-top:16px;color:var(--soft);font-size:.82rem;max-width:80ch}

svg text{font-size:12px;fill:var(--soft);font-variant-numeric:tabular-nums}
svg text.label,svg text.value{fill:var(--ink)}
svg text.series{fill:currentColor;font-weight:600}
svg text.axis-title{font-size:11.5px}
.grid{fill:none;stroke:var(--line);shape-rendering:crispEdges}
.axis{fill:none;stroke:var(--axis);shape-rendering:crispEdges}
.line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line.second{stroke-width:1.75;stroke-dasharray:5 4}
.line.few{stroke:var(--few);stroke-width:1.75;stroke-dasharray:1 4}
.line.none,.none{stroke:none;fill:none}
.band{fill:currentColor;fill-opacity:.16}
.many .band{fill-opacity:.08}
.mark{fill:currentColor;stroke:var(--page);stroke-width:1.25}
.cross{fill:none;stroke:var(--bad);stroke-width:2;stroke-linecap:round}
.leader{fill:none;stroke:currentColor;opacity:.55}
.goal{fill:none;stroke:currentColor;stroke-width:2}
.goal text{fill:currentColor;font-weight:600}
svg text.halo,.goal text{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
path.reference{fill:none;stroke:var(--soft);stroke-dasharray:5 4}
svg text.reference{fill:var(--soft)}
.knee{fill:none;stroke:currentColor;stroke-width:1.75}
.beyond{fill:var(--bad);fill-opacity:.07}
.row{stroke:var(--line);fill:none}
.dot{fill:currentColor;fill-opacity:.8;stroke:var(--page);stroke-width:1}
.dot.hollow{fill:var(--page);fill-opacity:1;stroke:currentColor;stroke-width:1.5}
.median{stroke:var(--ink);stroke-width:2.25;fill:none}
.bracket{stroke:currentColor;stroke-width:1.5;fill:none}
.whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
.bar{stroke:none}
.bar.user,.bar.whole{fill:var(--s0)}
.bar.system{fill:url(#hatch-system);stroke:var(--s0)}
.bar.client{fill:url(#hatch-client);stroke:var(--few)}
.over{fill:none;stroke:var(--ink);stroke-width:1.5}
.over.p99{stroke-dasharray:4 3}
.over.halo{stroke:var(--page);stroke-width:4;stroke-opacity:.55}
.rate{fill:none;stroke:var(--soft);stroke-width:1.5}

.tools{display:flex;flex-wrap:wrap;gap:6px;margin-top:8px}
button{font:inherit;font-size:.86rem;color:var(--ink);background:var(--page);border:1px solid var(--axis);border-radius:6px;padding:4px 11px;cursor:pointer}
button:hover{background:var(--wash)}
.zoom{margin-top:4px}
.zoom .u-legend{font-size:.84rem;text-align:left;margin:6px 0 0}
.zoom .u-legend th,.zoom .u-legend td{border:0;padding:2px 6px 2px 0;font-weight:500}
.zoom .u-select{background:var(--link);opacity:.18}
.zoom .u-cursor-x,.zoom .u-cursor-y{border-color:var(--axis)}
.zoom-hint{color:var(--soft);font-size:.84rem;margin-top:6px}
`;

/** Narrow screens have drawings of their own: text in an SVG shrinks with it. */
const PHONE = `
@media screen and (max-width:679px){
body{padding:22px 16px 48px}
section{margin-top:48px}
svg.wide{display:none}
svg.narrow{display:block;max-width:520px}
.answer{font-size:1.16rem}
.lead{font-size:.94rem}
.facts{grid-template-columns:1fr;gap:0}
.facts dd{margin-bottom:8px}
}
`;

const PAPER = `
@media print{
@page{margin:14mm}
html{-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{max-width:none;padding:0;font-size:10.5pt}
section{margin-top:26pt}
section.chapter{break-before:page}
figure,.verdict,.tiles,.caveats li,.touches li,tr{break-inside:avoid}
h2,.lead,figcaption,.legend,.caveats{break-after:avoid}
.tools,nav,details:not([open]),.zoom{display:none}
.scroll{overflow:visible;background:none}
table{font-size:8pt}
tbody th{min-width:0}
th,td{padding:4pt 6pt 4pt 0}
a{color:inherit;text-decoration:none}
}
`;

export function styleSheet(plotCss: string): string {
  return [
    `:root{color-scheme:light dark;${properties(LIGHT)}}`,
    `@media screen and (prefers-color-scheme:dark){:root{${properties(DARK)}}}`,
    plotCss,
    BASE.trim(),
    series,
    heat,
    PHONE.trim(),
    PAPER.trim(),
  ].join('\n');
}
