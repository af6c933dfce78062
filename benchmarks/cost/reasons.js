// Why numbers of a method are not PyTorch's, for the page: only what the code of this folder shows.

/** The same loss as the authors' code computes it, where that takes other products than ours. @type {Readonly<Record<string, string>>} */
export const otherProducts = {
  "barlow-twins": "the authors multiply out the correlations of all pairs of dimensions; here the sum of their squares is taken from the products of all pairs of images, which are fewer than the 8192 dimensions",
  vicreg: "as Barlow Twins': the sum of squares of the covariances is taken from the products of images",
  ibot: "the authors score every patch of both networks by the 8192 prototypes and drop those that are not masked; here masked ones alone are scored, which weighs the more the smaller the ViT is",
  data2vec: "the authors' last layer sees masked patches alone, here all of them",
};

/** What a step's size is drawn of, of a method whose steps are not alike. @type {Readonly<Record<string, string>>} */
export const drawnSizes = {
  ijepa: "how many patches are seen and how many are asked for is drawn for each step",
};
