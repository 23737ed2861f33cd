// Power spectrum of 400 real samples. They are taken as 16 interleaved rows of 25: a transform of
// each row for half of its frequencies (the other half mirrors it), then one across the rows. The
// inner loops run over the 16 rows, so that compilers make vectors of them.
struct whisper_spectrum {
    static constexpr int rows = 16, half_rows = rows/2, columns = 25, half = columns/2 + 1;
    float column_cos[half][half], column_sin[half][half];
    float turn_cos[half][rows],   turn_sin[half][rows];
    float row_cos[rows][half_rows], row_sin[rows][half_rows];

    whisper_spectrum() {
        const double circle = 2.0*M_PI;
        for (int k = 0; k < half; k++) {
            for (int n = 0; n < half; n++) {
                column_cos[k][n] = cos(circle*k*n/columns);
                column_sin[k][n] = sin(circle*k*n/columns);
            }
            for (int r = 0; r < rows; r++) {
                turn_cos[k][r] = cos(circle*k*r/(rows*columns));
                turn_sin[k][r] = sin(circle*k*r/(rows*columns));
            }
        }
        for (int r = 0; r < rows; r++) {
            for (int q = 0; q < half_rows; q++) {
                row_cos[r][q] = cos(circle*r*q/rows);
                row_sin[r][q] = sin(circle*r*q/rows);
            }
        }
    }

    // in: 400 samples; out: 201 powers.
    void power(const float * in, float * out) const {
        float even[half][rows], odd[half][rows];
        for (int r = 0; r < rows; r++) { even[0][r] = in[r]; odd[0][r] = 0.0f; }
        for (int n = 1; n < half; n++) {
            for (int r = 0; r < rows; r++) {
                even[n][r] = in[rows*n + r] + in[rows*(columns - n) + r];
                odd[n][r]  = in[rows*n + r] - in[rows*(columns - n) + r];
            }
        }
        for (int k = 0; k < half; k++) {
            float re[rows] = {}, im[rows] = {};
            for (int n = 0; n < half; n++) {
                const float c = column_cos[k][n], s = column_sin[k][n];
                for (int r = 0; r < rows; r++) { re[r] += even[n][r]*c; im[r] -= odd[n][r]*s; }
            }
            // Across the rows: those of odd number count for the upper half with the other sign.
            float sum_re[2][half_rows] = {}, sum_im[2][half_rows] = {};
            for (int r = 0; r < rows; r++) {
                const float a = re[r]*turn_cos[k][r] + im[r]*turn_sin[k][r];
                const float b = im[r]*turn_cos[k][r] - re[r]*turn_sin[k][r];
                for (int q = 0; q < half_rows; q++) {
                    sum_re[r%2][q] += a*row_cos[r][q] + b*row_sin[r][q];
                    sum_im[r%2][q] += b*row_cos[r][q] - a*row_sin[r][q];
                }
            }
            for (int q = 0; q < half_rows; q++) {
                for (int sign = 1; sign >= -1; sign -= 2) {
                    const float x = sum_re[0][q] + sign*sum_re[1][q];
                    const float y = sum_im[0][q] + sign*sum_im[1][q];
                    const int at = k + columns*(sign > 0 ? q : q + half_rows);
                    out[std::min(at, rows*columns - at)] = x*x + y*y;
                }
            }
        }
    }
};

static const whisper_spectrum & whisper_the_spectrum() {
    static const whisper_spectrum once;
    return once;
}

