typedef float lenet5_unit; /* what a unit says */
typedef float lenet5_sum;  /* what it adds up */

