// The words of the lesson. [w|text] shares its colour with the part w of the formula, [@c1.0.9.14|text] points at that
// unit, and [=text] writes it on the paper.

export default {
  en: {
    "nav.lesson": "Lesson",
    "lesson.label": "The lesson",
    "lesson.next": "Next",
    "lesson.back": "Back",
    "lesson.close": "End the lesson",
    "lesson.steps": "Steps of the lesson",
    "lesson.keys": "← and → go through the steps.",
    "lesson.play": "Play",
    "lesson.pause": "Pause",
    "lesson.one": "One place on",
    "lesson.paper": "the paper: section {section}",
    "lesson.picture": "What a picture is here",
    "lesson.picture.section": "II-B",
    "lesson.picture.text":
      "A picture is 32×32 numbers. [p|Paper is −0.1 and ink is 1.175], so that their mean is near 0 and their variance near 1: then learning is quick. The digit itself has at most 20×20 pixels. The wide border of paper lets the end of a stroke, or a corner, lie in the middle of what the highest feature detectors see. Draw on the paper at the left, and every number of the network follows. [@input.0.15.15|Point at a pixel.]",
    "lesson.picture.now": "This picture has mean {mean} and variance {variance}.",
    "lesson.kernel": "A kernel slides",
    "lesson.kernel.section": "II-A",
    "lesson.kernel.text":
      "A unit of C1 sees [x|5×5 pixels] only. It multiplies each by [w|one of 25 weights, the kernel], adds [b|a bias], and [f|squashes] the sum. The unit beside it does the same one pixel further on. So the kernel slides over the picture, and what it answers is a map: large where the picture has what the kernel looks for. [@c1.0.9.14|This unit] is one of the 784.",
    "lesson.maps": "Why maps",
    "lesson.maps.section": "II-A, II-B",
    "lesson.maps.text":
      "All 784 units of a map share [w|the same 25 weights] and [b|the same bias]: what helps in one place helps in every other. If the digit moves, its map moves with it, and changes in nothing else. Six kernels give six maps, so that six features are looked for everywhere. C1 has 122,304 connections, and yet only 156 numbers to learn: 6 × (25 + 1). Choose a kernel to see where it answers.",
    "lesson.subsampling": "Subsampling",
    "lesson.subsampling.section": "II-A, II-B",
    "lesson.subsampling.text":
      "Once a feature is found, its exact place matters little, and may even harm: the next digit has it elsewhere. A unit of S2 adds [x|four neighbours], multiplies the sum by [c|one coefficient], adds [b|a bias], and [f|squashes] it. Each map is half as wide and half as high. A small coefficient only blurs. A large one makes the unit decide: a noisy OR or a noisy AND, as the bias has it. The curve shows which it is in [@s2.0.6.6|this map].",
    "lesson.squash": "The squash",
    "lesson.squash.section": "II-C, Appendix A",
    "lesson.squash.text":
      "[f|f(a) = 1.7159 tanh(2a/3)] keeps every number between −1.7159 and 1.7159. It is steep in the middle, f(1) = 1 and f(−1) = −1, and its curve bends most at these two. Far out it is flat: such a unit is saturated, and learning hardly moves it. The dot is the unit that you point at, and the marks below are all units of its layer. [@c3.4.4.4|A unit of C3] is often far out.",
    "lesson.squash.share": "In {layer}, {share} of the units lie beyond ±1.6.",
    "lesson.squash.none": "The units of {layer} have no such squash here.",
    "lesson.table": "Table I, and why",
    "lesson.table.section": "II-B, Table I",
    "lesson.table.text":
      "A map of C3 does not see all maps of S2. [@c3.0.4.4|The first six] see three neighbours, [@c3.6.4.4|the next six] four neighbours, [@c3.12.4.4|three more] four with a gap, and only [@c3.15.4.4|the last] sees all six. This keeps the connections few, 151,600. It also breaks the symmetry: maps that get different inputs must learn different features, which complete each other. Choose a column of the table, and look which maps light up.",
    "lesson.fold": "C5 and F6: from maps to one drawing",
    "lesson.fold.section": "II-B",
    "lesson.fold.text":
      "[@c5.37.0.0|A unit of C5] sees 5×5 of all 16 maps of S4, and these are just 5×5 large: so its map is a single unit. On a larger picture it would be a map again, which is how the network slides over a whole line. [@f6.40.0.0|F6] has 84 units, not by chance: 84 = 7×12. It is trained to draw the digit, as an ideal of itself, in a picture of 7×12 pixels. Below is what it draws now.",
    "lesson.codes": "Codes and distances",
    "lesson.codes.section": "II-B, Figure 3",
    "lesson.codes.text":
      "For each digit there is a code, drawn by hand: 7×12 values of [w|−1 or +1], the same that text on an old screen had. An output unit adds up [d|the squared differences] between [x|F6] and [w|its code]. The smallest distance is the answer. Similar characters have similar codes: so what could be an O or a 0 is left to whoever knows the word. And what looks like no code at all is far from all of them, and can be rejected. The two nearest are compared here.",
    "lesson.codes.between":
      "{first} is nearest ({near}), then {second} ({far}). The bright cells are where they differ.",
    "lesson.error": "An error, and where it goes",
    "lesson.error.section": "II-C, eq. 8, 9",
    "lesson.error.text":
      "Learning begins with the wanted digit. [e|The loss] is the distance to its code. Equation 9 also pushes the other codes away, so that the network cannot make all alike. How the loss changes with each number is found from the back to the front, layer by layer, with the same weights: that is the way back. Each weight then goes a small step against its own gradient. [!wanted|Want another digit], and look where the error goes.",
    "lesson.limits": "What it cannot do",
    "lesson.limits.section": "III-E",
    "lesson.limits.text":
      "It knows ten digits and nothing else. [=A|An A] is to it whatever code is nearest. [=blank|Blank paper] has a nearest code as well. [=turned|A 7 that lies on its side] is beyond the angles that it holds out. [=two|Two digits at once] are one to it. So the reader around it also asks how far the ink is from every digit, cuts lines into digits, and may give no answer. Look at the distances: for a good digit the smallest is far below the others.",
    "lesson.read": "Read several digits",
    "lesson.test": "Test where it breaks",
    "lesson.learn": "Watch it learn",
  },
  zh: {
    "nav.lesson": "课程",
    "lesson.label": "课程",
    "lesson.next": "下一步",
    "lesson.back": "上一步",
    "lesson.close": "结束课程",
    "lesson.steps": "课程的步骤",
    "lesson.keys": "用 ← 和 → 换步。",
    "lesson.play": "播放",
    "lesson.pause": "暂停",
    "lesson.one": "前进一格",
    "lesson.paper": "论文：{section}",
    "lesson.picture": "这里的图片是什么",
    "lesson.picture.section": "II-B",
    "lesson.picture.text":
      "一张图片就是 32×32 个数。[p|纸是 −0.1，墨是 1.175]，于是均值接近 0，方差接近 1：这样学得快。数字本身至多占 20×20 像素。四周留出的纸，使笔画的端点或拐角能落在最高层特征检测器所见区域的中央。请在左边的纸上书写，网络的每个数都会随之变化。[@input.0.15.15|指向一个像素。]",
    "lesson.picture.now": "这张图片的均值为 {mean}，方差为 {variance}。",
    "lesson.kernel": "卷积核在滑动",
    "lesson.kernel.section": "II-A",
    "lesson.kernel.text":
      "C1 的一个单元只看 [x|5×5 个像素]。它把每个像素乘以 [w|25 个权重之一，即卷积核]，加上 [b|偏置]，再把和 [f|压缩]。旁边的单元在右移一个像素处做同样的事。于是卷积核滑过整张图，它的回答组成一张特征图：图中有卷积核所找的东西，那里的值就大。[@c1.0.9.14|这个单元] 是 784 个之一。",
    "lesson.maps": "为什么要特征图",
    "lesson.maps.section": "II-A、II-B",
    "lesson.maps.text":
      "一张特征图的 784 个单元共用 [w|同样的 25 个权重] 和 [b|同一个偏置]：在一处有用的，在别处也有用。数字移动，特征图随之移动，别的不变。六个卷积核给出六张特征图，于是处处寻找六种特征。C1 有 122,304 个连接，要学的数却只有 156 个：6 × (25 + 1)。选一个卷积核，看它在哪里回答。",
    "lesson.subsampling": "下采样",
    "lesson.subsampling.section": "II-A、II-B",
    "lesson.subsampling.text":
      "特征一旦找到，其确切位置就不重要，甚至有害：下一个数字的特征会在别处。S2 的一个单元把 [x|四个相邻的值] 相加，乘以 [c|一个系数]，加上 [b|偏置]，再 [f|压缩]。每张特征图的宽和高减半。系数小，只是模糊；系数大，单元就作出决定：随偏置不同，像带噪声的“或”，或带噪声的“与”。曲线表明 [@s2.0.6.6|这张图] 属于哪一种。",
    "lesson.squash": "压缩函数",
    "lesson.squash.section": "II-C、附录 A",
    "lesson.squash.text":
      "[f|f(a) = 1.7159 tanh(2a/3)] 使每个数都在 −1.7159 与 1.7159 之间。它在中间很陡，f(1) = 1，f(−1) = −1，曲线在这两处弯得最厉害。远处是平的：这样的单元已饱和，学习几乎推不动它。圆点是所指的单元，下面的短线是该层的全部单元。[@c3.4.4.4|C3 的单元] 常在远处。",
    "lesson.squash.share": "在 {layer} 中，{share} 的单元超出 ±1.6。",
    "lesson.squash.none": "这里 {layer} 的单元没有这样的压缩。",
    "lesson.table": "表 I 及其理由",
    "lesson.table.section": "II-B、表 I",
    "lesson.table.text":
      "C3 的一张特征图并不看 S2 的所有特征图。[@c3.0.4.4|前六张] 看三张相邻的，[@c3.6.4.4|接着六张] 看四张相邻的，[@c3.12.4.4|另三张] 看四张有间隔的，只有 [@c3.15.4.4|最后一张] 看全部六张。这样连接较少，为 151,600 个；也打破了对称：输入不同的特征图只能学到不同的、互相补充的特征。选表中的一列，看哪些特征图亮起。",
    "lesson.fold": "C5 与 F6：从特征图到一幅画",
    "lesson.fold.section": "II-B",
    "lesson.fold.text":
      "[@c5.37.0.0|C5 的一个单元] 看 S4 全部 16 张特征图的 5×5，而它们恰好只有 5×5：所以它的特征图只有一个单元。图片若更大，它又会成为一张图，网络就是这样滑过整行的。[@f6.40.0.0|F6] 有 84 个单元，这并非偶然：84 = 7×12。它被训练成在 7×12 像素的图中，把数字画成理想的样子。下面是它此刻所画的。",
    "lesson.codes": "编码与距离",
    "lesson.codes.section": "II-B、图 3",
    "lesson.codes.text":
      "每个数字有一个手绘的编码：7×12 个 [w|−1 或 +1]，就像旧式屏幕上的字。输出单元把 [x|F6] 与 [w|自己的编码] 之间的 [d|差的平方] 加起来，距离最小者就是回答。相似的字符有相似的编码：是 O 还是 0，可留给知道上下文的一方。与任何编码都不像的，离所有编码都远，就可以拒绝。这里比较最近的两个。",
    "lesson.codes.between": "{first} 最近（{near}），其次是 {second}（{far}）。亮处是它们不同的地方。",
    "lesson.error": "误差及其去向",
    "lesson.error.section": "II-C、式 8、9",
    "lesson.error.text":
      "学习从想要的数字开始。[e|损失] 是到其编码的距离。式 9 还把其他编码推开，使网络不能把一切变得相同。损失随每个数怎样变化，是从后往前逐层算出的，用的是同样的权重：这就是反向。然后每个权重逆着自己的梯度走一小步。[!wanted|换一个想要的数字]，看误差去了哪里。",
    "lesson.limits": "它做不到什么",
    "lesson.limits.section": "III-E",
    "lesson.limits.text":
      "它只认识十个数字。[=A|字母 A] 对它来说就是最近的编码。[=blank|空白的纸] 也有最近的编码。[=turned|横躺的 7] 超出了它所能承受的角度。[=two|同时两个数字] 对它是一个。所以外面的阅读器还要问墨迹离每个数字有多远，把一行切成数字，也可以不回答。看看距离：好的数字，最小距离远低于其他。",
    "lesson.read": "阅读多个数字",
    "lesson.test": "检验它在哪里失败",
    "lesson.learn": "看它学习",
  },
};
