// Dark or light before the first paint? What was chosen here, else what the system says. A plain script: it must not wait.
{
  const kept = localStorage.getItem("lenet5.theme");
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
