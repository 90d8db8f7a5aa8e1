/* The squared distance to the code of each class (eq. 7). */
static inline void lenet5_answer(const float *f6, float *penalties) {
    for (int c = 0; c < LENET5_CLASSES; c++) {
        penalties[c] = 0;
        for (int j = 0; j < LENET5_F6_UNITS; j++) {
            float apart = f6[j] - (float)lenet5_rbf_codes[c * LENET5_F6_UNITS + j];
            penalties[c] += apart * apart;
        }
    }
}
