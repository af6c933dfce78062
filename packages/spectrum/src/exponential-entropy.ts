/** exp(−Σ p·log p): how many shares there would be if they were alike. A share of 0 adds nothing. */
export const exponentialEntropy = (shares: readonly number[]): number =>
  Math.exp(-shares.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0));
