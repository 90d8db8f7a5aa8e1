// How does the page say it? In English and in Chinese; {name} stands for a value.

const WORDS = {
  en: {
    skip: "To the content", subtitle: "1998, exact", network: "Network",
    "nav.see": "See", "nav.test": "Test", "nav.read": "Read", "nav.learn": "Learn",
    "theme.dark": "Dark", "theme.light": "Light",
    clear: "Clear", undo: "Undo", open: "Open…", "random.drawn": "Drawn digit", "random.mnist": "MNIST digit",
    "pad.section": "Draw", "pad.label": "Paper to draw a digit on", "pad.hint": "Draw a digit here, or drop or paste a picture",
    "pad.keys": "Keyboard: arrows move the pencil, space sets it down and lifts it, Delete clears.",
    flow: "The network, layer by layer", input: "Input", inspector: "What one points at",
    "map.label": "{layer}, map {map}: arrows choose a unit, Page Up and Page Down another map",
    legend: "one scale for all maps, ±{limit}", "legend.title": "Values of all units, limited by the squashing function",
    "kind.convolution": "convolution", "kind.subsampling (sum)": "subsampling (sum)", "kind.subsampling (average)": "subsampling (average)",
    "kind.subsampling (maximum)": "subsampling (maximum)", "kind.full connection": "full connection", "kind.Euclidean RBF": "Euclidean RBF",
    "answer.distance": "Distance to the code: {value}", "answer.penalty": "−log p: {value}", "answer.margin": "Ahead of the second by {value}",
    "answer.probability": "Probability: {value}", "answer.time": "on the screen after {value} ms",
    "reader.reads": "The reader: {text}, sure to {value}", "reader.rejects": "The reader would not answer: {reason}",
    "reason.blank": "blank", "reason.not a digit": "not a digit", "reason.unsure": "unsure",
    "unit.map": "{layer}, map {map}, unit at row {row}, column {column}", "unit.one": "{layer}, unit {unit}", "unit.output": "{layer}, unit for “{name}”",
    "unit.input": "one pixel", field: "sees {side}×{side} pixels of the input, from column {x}, row {y}",
    "input.scale": "−0.1 is paper and 1.175 is ink, so that the mean is near 0 (II-B).",
    coefficient: "coefficient", average: "mean x", bias: "bias", code: "code", squares: "squared differences", weights: "weights", products: "products", kernel: "kernel",
    every: "Every product ({count})", from: "from", agrees: "added up here in 64 bits; the network's own value differs by {difference}",
    table1: "Table I: which maps of S2 (rows) feed each map of C3 (columns)", table: "Which maps of S2 (rows) feed each map of C3 (columns)",
    total: "total", "counts.title": "The layers, and how their numbers come about", "counts.note": "Point at any map to see what one of its units computes.",
    "counts.layer": "layer", "counts.kind": "kind", "counts.maps": "maps", "counts.neurons": "neurons", "counts.trainable": "trainable parameters", "counts.connections": "connections",
    "test.title": "Test it",
    "test.now": "The digit as it is now",
    "test.reset": "Undo all changes",
    "test.strips": "Where does it break?",
    "test.explain": "Each strip varies one setting, the others as the sliders say; red is another answer than to the untouched digit. The grey line is the range that the paper names (III-E). Click a picture to take its setting.",
    "test.patterns": "Strange patterns",
    "test.patterns.explain": "In the manner of Figure 13: still a digit to the eye, and to the network?",
    "test.holds": "holds from {from} to {to}",
    "test.paper": "the paper: {from} to {to}",
    "test.broken": "broken already",
    "change.shift_x": "Shift aside",
    "change.shift_y": "Shift up, down",
    "change.scale": "Size",
    "change.rotation": "Rotation",
    "change.squeeze": "Squeeze",
    "change.shear": "Shear",
    "change.thickness": "Stroke width",
    "change.noise": "Noise",
    "pattern.salt": "10 % noise",
    "pattern.outline": "outline",
    "pattern.dots": "dots",
    "pattern.stripes": "stripes",
    "pattern.pieces": "in pieces",
    "pattern.double": "doubled",
    "pattern.crossed": "crossed out",
    "pattern.underlined": "underlined",
    "pattern.framed": "framed",
    "pattern.blocks": "blocks",
    "pattern.faint": "faint",
    "pattern.negative": "negative",
  },
  zh: {
    skip: "跳到内容", subtitle: "1998 年原版", network: "网络",
    "nav.see": "观察", "nav.test": "检验", "nav.read": "阅读", "nav.learn": "学习",
    "theme.dark": "深色", "theme.light": "浅色",
    clear: "清除", undo: "撤销", open: "打开…", "random.drawn": "手绘数字", "random.mnist": "MNIST 数字",
    "pad.section": "书写", "pad.label": "写数字的纸", "pad.hint": "在这里写一个数字,或拖入、粘贴一张图片",
    "pad.keys": "键盘:方向键移动铅笔,空格落笔与抬笔,Delete 清除。",
    flow: "逐层展示的网络", input: "输入", inspector: "所指的单元",
    "map.label": "{layer},第 {map} 个特征图:方向键选择单元,Page Up 与 Page Down 换图",
    legend: "所有特征图同一刻度,±{limit}", "legend.title": "所有单元的值,受压缩函数限制",
    "kind.convolution": "卷积", "kind.subsampling (sum)": "下采样(求和)", "kind.subsampling (average)": "下采样(平均)",
    "kind.subsampling (maximum)": "下采样(最大值)", "kind.full connection": "全连接", "kind.Euclidean RBF": "欧氏径向基",
    "answer.distance": "到编码的距离:{value}", "answer.penalty": "−log p:{value}", "answer.margin": "领先第二名:{value}",
    "answer.probability": "概率:{value}", "answer.time": "{value} 毫秒后显示",
    "reader.reads": "阅读器:{text},把握 {value}", "reader.rejects": "阅读器拒绝回答:{reason}",
    "reason.blank": "空白", "reason.not a digit": "不是数字", "reason.unsure": "没有把握",
    "unit.map": "{layer},第 {map} 个特征图,第 {row} 行第 {column} 列的单元", "unit.one": "{layer},第 {unit} 个单元", "unit.output": "{layer},代表“{name}”的单元",
    "unit.input": "一个像素", field: "看到输入的 {side}×{side} 像素,从第 {x} 列、第 {y} 行起",
    "input.scale": "纸为 −0.1,墨为 1.175,使均值接近 0(II-B)。",
    coefficient: "系数", average: "x 的平均", bias: "偏置", code: "编码", squares: "差的平方", weights: "权重", products: "乘积", kernel: "卷积核",
    every: "全部乘积({count})", from: "来自", agrees: "在此用 64 位浮点相加;与网络自己的值相差 {difference}",
    table1: "表 I:S2 的哪些特征图(行)连到 C3 的每个特征图(列)", table: "S2 的哪些特征图(行)连到 C3 的每个特征图(列)",
    total: "合计", "counts.title": "各层及其数字的由来", "counts.note": "指向任一特征图,看它的一个单元如何计算。",
    "counts.layer": "层", "counts.kind": "类型", "counts.maps": "特征图", "counts.neurons": "神经元", "counts.trainable": "可训练参数", "counts.connections": "连接",
    "test.title": "检验",
    "test.now": "当前的数字",
    "test.reset": "撤销所有变化",
    "test.strips": "在哪里失败?",
    "test.explain": "每一条只改变一个设置,其余按滑块;红色表示答案与原数字不同。灰线是论文给出的范围(III-E)。点击图片即采用其设置。",
    "test.patterns": "奇异图案",
    "test.patterns.explain": "仿照图 13:人眼仍看得出数字,网络呢?",
    "test.holds": "从 {from} 到 {to} 保持正确",
    "test.paper": "论文:{from} 到 {to}",
    "test.broken": "已经失败",
    "change.shift_x": "左右移动",
    "change.shift_y": "上下移动",
    "change.scale": "大小",
    "change.rotation": "旋转",
    "change.squeeze": "挤压",
    "change.shear": "倾斜",
    "change.thickness": "笔画粗细",
    "change.noise": "噪声",
    "pattern.salt": "10 % 噪声",
    "pattern.outline": "轮廓",
    "pattern.dots": "点",
    "pattern.stripes": "条纹",
    "pattern.pieces": "断开",
    "pattern.double": "重影",
    "pattern.crossed": "划线",
    "pattern.underlined": "下划线",
    "pattern.framed": "边框",
    "pattern.blocks": "方块",
    "pattern.faint": "浅淡",
    "pattern.negative": "反色",
  },
};

const kept = localStorage.getItem("lenet5.language");
let current = kept ?? (navigator.language.startsWith("zh") ? "zh" : "en");

export const language = () => current;

export function setLanguage(name) {
  current = name;
  localStorage.setItem("lenet5.language", name);
}

export function t(key, values = {}) {
  const text = WORDS[current][key] ?? WORDS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const keys = () => Object.fromEntries(Object.entries(WORDS).map(([name, words]) => [name, Object.keys(words)]));

// Every element that names its words gets them.
export function translate(root) {
  document.documentElement.lang = current;
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
}
