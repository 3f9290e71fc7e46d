/** The page's whole style: two colour schemes, one column on a phone, two on paper. */
export const STYLE = `:root{color-scheme:light dark;--bg:#fff;--card:#f6f8fa;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--track:#e4e8ed;--first:#1f5fbf;--second:#b35900;--good:#1a7f37;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--bg:#0f1419;--card:#171e26;--fg:#e6edf3;--soft:#9aa7b4;--line:#303b47;--track:#26303b;--first:#6cb0ff;--second:#ffb066;--good:#56d364;--bad:#ff9a90}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--fg:#000;--soft:#444;--line:#bbb;--track:#e8e8e8;--first:#1f5fbf;--second:#b35900;--good:#1a7f37;--bad:#b42318}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main,header,nav,footer{max-width:1080px;margin:0 auto;padding:0 12px}
header{padding-top:24px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 4px}
h2{font-size:1.3rem;margin:40px 0 8px;padding-bottom:6px;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:20px 0 8px}
p{margin:6px 0 12px;max-width:75ch}
.soft,figcaption,caption{color:var(--soft)}
a{color:var(--first)}
nav ul{display:flex;flex-wrap:wrap;gap:2px 16px;padding:0;margin:12px 0;list-style:none}
.badges{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0;padding:0;list-style:none}
.badges li{border:1px solid currentColor;border-radius:999px;padding:1px 12px;font-size:.9rem;font-weight:600}
.good{color:var(--good)}
.bad{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:16px 0;padding:0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.tiles dt{color:var(--soft);font-size:.85rem}
.tiles dd{margin:0;font-size:1.25rem;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.tiles dd small{display:block;white-space:normal;font-size:.8rem;font-weight:400;color:var(--soft)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,336px),1fr));gap:24px;align-items:start}
figure{margin:12px 0;break-inside:avoid}
figcaption{font-size:.9rem;margin:0 0 8px;max-width:60ch}
.scroll{overflow-x:auto;max-width:100%}
svg{display:block;max-width:100%;height:auto}
.scroll svg{max-width:none}
text{font-size:13px;fill:var(--fg);font-variant-numeric:tabular-nums}
.small{font-size:11.5px}
svg .small{fill:var(--soft)}
.strong{font-weight:600}
.end{text-anchor:end}
.mid{text-anchor:middle}
.count{font-size:11.5px;text-anchor:middle}
.first,.dot{fill:var(--first)}
.dot{fill-opacity:.55}
.second{fill:var(--second)}
.track{fill:var(--track)}
.box{fill:var(--card);stroke:var(--line)}
.box.input{stroke:var(--first);stroke-width:1.5}
.edge{fill:none;stroke:var(--soft);stroke-width:1.25}
.tip{fill:var(--soft)}
.grid{stroke:var(--track)}
.line{stroke:var(--soft);stroke-dasharray:4 3}
.legend{display:inline-block;margin-right:8px}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
.key.a{background:var(--first)}
.key.b{background:var(--second)}
table{border-collapse:collapse;width:100%;font-size:.92rem;margin:8px 0 16px}
caption{text-align:left;font-size:.9rem;padding-bottom:4px}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);overflow-wrap:normal}
thead th{color:var(--soft);font-weight:600;white-space:nowrap}
tbody th{font-weight:600}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font:.86em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
td code{overflow-wrap:anywhere;word-break:break-all}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px;overflow-x:auto}
.facts{display:grid;grid-template-columns:minmax(110px,auto) 1fr;gap:4px 16px;margin:8px 0 16px}
.facts dt{color:var(--soft)}
.facts dd{margin:0}
.note{border-left:4px solid var(--bad);padding:6px 14px;background:var(--card);max-width:75ch}
footer{padding-bottom:40px;margin-top:40px;font-size:.9rem}
:focus-visible{outline:3px solid var(--first);outline-offset:2px}
@media print{nav{display:none}table{font-size:.76rem}thead th,td.n,th.n{white-space:normal}body{font-size:11pt}h2{break-after:avoid;margin-top:24px}tr,.tiles div{break-inside:avoid}.scroll{overflow:visible}.scroll svg{max-width:100%;max-height:240mm}a{color:inherit;text-decoration:none}}
`;
