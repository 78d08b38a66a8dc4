// @ts-check
// What the five architectures of the article are, in a few sentences each, with what to look for in their answers.

import { deepLab, fcn, pspNet, segFormer, setr } from "./sketches.js";

/**
 * @typedef {object} About
 * @property {string} name
 * @property {string} what three sentences
 * @property {string} look what to look for in its maps
 * @property {string} paper
 * @property {string} url
 * @property {string} drawn what the sketch shows, for those who do not see it
 * @property {() => Node} sketch
 */

/** @type {Record<string, About>} by the first word of a network's id */
const ABOUT = {
  fcn: {
    name: "FCN",
    what:
      "A network that was made to name whole images is turned into one that names every place of a coarse grid: its " +
      "last layers become convolutions. The grid's scores are then enlarged to the photo. All it knows of the " +
      "surroundings is what its convolutions, stacked one on the other, have reached.",
    look:
      "Fragments: islands of another class inside one thing, where the place alone does not tell what it belongs to. " +
      "Outlines are round, since the grid is coarse.",
    paper: "Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation, CVPR 2015",
    url: "https://arxiv.org/abs/1411.4038",
    drawn: "A photo passes convolutions that shrink it to a coarse grid of classes, which is enlarged to the photo.",
    sketch: fcn,
  },
  pspnet: {
    name: "PSPNet",
    what:
      "Like FCN, but before it decides, every place is told about the scene. The features are averaged over the " +
      "whole photo, and over its halves, thirds and sixths, and these averages are handed back to each place. So a " +
      "place can be read as boat because there is water around, far beyond what the convolutions reach.",
    look:
      "Fewer islands than FCN, and classes that go together. Where it takes the scene for another one, it is wrong " +
      "in large pieces.",
    paper: "Zhao, Shi, Qi, Wang, Jia: Pyramid Scene Parsing Network, CVPR 2017",
    url: "https://arxiv.org/abs/1612.01105",
    drawn: "Features are averaged over grids of 1, 2, 3 and 6 cells a side, and the averages join the features.",
    sketch: pspNet,
  },
  deeplabv3plus: {
    name: "DeepLabV3+",
    what:
      "It looks near and far at once: convolutions whose taps lie apart (atrous ones) read the features at several " +
      "spacings, side by side. Then a decoder brings back an early layer, in which outlines are still sharp. What " +
      "was recognised coarsely is drawn along what was seen finely.",
    look: "Edges: they follow things more closely than FCN's and PSPNet's, thin ones too.",
    paper:
      "Chen, Zhu, Papandreou, Schroff, Adam: Encoder-Decoder with Atrous Separable Convolution for Semantic Image " +
      "Segmentation, ECCV 2018",
    url: "https://arxiv.org/abs/1802.02611",
    drawn:
      "Three convolutions with taps ever wider apart read the features; an early layer joins them for the outlines.",
    sketch: deepLab,
  },
  setr: {
    name: "SETR",
    what:
      "The photo is cut into square patches, and each patch becomes a word of one long sentence. A transformer lets " +
      "every patch look at every other one in each layer, so that there is no near and far. A plain head turns the " +
      "words back into a grid of classes and enlarges it.",
    look:
      "Steps: outlines go along the patches, 16 pixels in the article and 14 in the compact network. A large photo " +
      "is read in windows; what a window does not show, it cannot use. The tab Statistics says what it saw.",
    paper:
      "Zheng, Lu, Zhao and others: Rethinking Semantic Segmentation from a Sequence-to-Sequence Perspective with " +
      "Transformers, CVPR 2021",
    url: "https://arxiv.org/abs/2012.15840",
    drawn: "A photo cut into patches becomes a row of words, each joined to each other; the words become a grid again.",
    sketch: setr,
  },
  segformer: {
    name: "SegFormer",
    what:
      "A transformer in four stages, from fine patches to coarse ones, which overlap and so need no numbering of " +
      "places. To look everywhere costs less here, because what is looked at is first shortened. A small head joins " +
      "all four stages and decides from fine and coarse at once.",
    look: "Large regions in one piece with outlines finer than SETR's: the finest stage has a cell for 4 x 4 pixels.",
    paper:
      "Xie, Wang, Yu, Anandkumar, Alvarez, Luo: SegFormer: Simple and Efficient Design for Semantic Segmentation " +
      "with Transformers, NeurIPS 2021",
    url: "https://arxiv.org/abs/2105.15203",
    drawn: "Four stages, from a fine grid to a coarse one, meet in one small head that gives the classes.",
    sketch: segFormer,
  },
};

/**
 * What is told of a network; nothing of one of another architecture.
 *
 * @param {string} id
 * @returns {About | undefined}
 */
export const aboutNetwork = (id) => ABOUT[id.split(/[^a-z0-9]/)[0]];
