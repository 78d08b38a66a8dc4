// Everything is put in place; from here on the server's views and the visitor's hands move it.
followLink();
makeToolbar();
makeStage();
makeEmpty();
makeKeys();
element.querySelector(".zoo").append(live, toolbar, empty, grid, stage, keysDialog);
publishPalette();
new MutationObserver(() => ask("paint")).observe(document.body, { attributes: true, attributeFilter: ["class"] });
watch("value", sync);
sync();
ask("layout", "toolbar", "paint", "differ");
emit("differ-wanted");
element.labels = (id) => run.cards.get(id)?.labels?.map; // the exact indices on screen, for whoever wants to check them
element.layer = (id) => run.layers.get(id)?.painting?.map;
element.dataset.ready = "yes";
