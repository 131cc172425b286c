// A literal scorer of ROC AUC for whole numbers as ids, on one thread: what the machine can
// do without a framework. It reads two CSV files (id,y,Usage and id,y) into memory and then,
// ROUNDS times, parses the submission's bytes, brings its rows to the solution's by id,
// sorts each part's scores, and gives the area of the public and of the private rows.
//
//   auc_reader sort|scatter ROUNDS SOLUTION SUBMISSION
//
// sort: rows are sorted by id and compared with the solution's sorted ids. scatter: ids must
// be 0 to n-1, and each row is put where its id says. The answer is one line of JSON: the
// milliseconds of each round by step, and both areas.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

struct Row {
    std::int64_t id;
    double score;
};

struct Truth {
    std::int64_t id;
    bool positive;
    bool is_public;
};

[[noreturn]] static void fail(const char *why) {
    std::fprintf(stderr, "auc_reader: %s\n", why);
    std::exit(1);
}

static std::string content(const char *path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail("a file can't be opened");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

static const char *after_header(const std::string &text) {
    const auto end = text.find('\n');
    if (end == std::string::npos) fail("a file has no header");
    return text.data() + end + 1;
}

template <typename Value>
static const char *parse(const char *at, const char *end, Value &value, char mark) {
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc() || stop == end || *stop != mark) fail("a faulty line");
    return stop + 1;
}

static std::vector<Truth> read_solution(const std::string &text) {
    std::vector<Truth> rows;
    const char *at = after_header(text), *end = text.data() + text.size();
    while (at != end) {
        Truth row{};
        int label = 0;
        at = parse(at, end, row.id, ',');
        at = parse(at, end, label, ',');
        row.positive = label == 1;
        row.is_public = end - at > 1 && at[1] == 'u';
        at = static_cast<const char *>(std::memchr(at, '\n', end - at));
        if (at == nullptr) fail("a faulty line");
        rows.push_back(row);
        ++at;
    }
    std::sort(rows.begin(), rows.end(),
              [](const Truth &a, const Truth &b) { return a.id < b.id; });
    return rows;
}

static void read_submission(const std::string &text, std::vector<Row> &rows) {
    rows.clear();
    const char *at = after_header(text), *end = text.data() + text.size();
    while (at != end) {
        Row row{};
        at = parse(at, end, row.id, ',');
        at = parse(at, end, row.score, '\n');
        if (!(row.score >= -1e300 && row.score <= 1e300)) fail("no finite number");
        rows.push_back(row);
    }
}

static void align(std::vector<Row> &rows, const std::vector<Truth> &truth, bool scatter,
                  std::vector<Row> &spare) {
    if (rows.size() != truth.size()) fail("ids are missing");
    if (scatter) {
        spare.assign(rows.size(), Row{-1, 0.0});
        for (const Row &row : rows) {
            if (row.id < 0 || row.id >= static_cast<std::int64_t>(spare.size()))
                fail("an id is not expected");
            spare[row.id] = row;
        }
        rows.swap(spare);
    } else {
        std::sort(rows.begin(), rows.end(),
                  [](const Row &a, const Row &b) { return a.id < b.id; });
    }
    for (std::size_t place = 0; place < rows.size(); ++place)
        if (rows[place].id != truth[place].id) fail("an id is missing or repeated");
}

// Ranks of tied scores are their mean; both classes must be there.
static double area(const std::vector<Row> &rows, const std::vector<Truth> &truth,
                   bool is_public, std::vector<std::pair<double, bool>> &part) {
    part.clear();
    for (std::size_t place = 0; place < rows.size(); ++place)
        if (truth[place].is_public == is_public)
            part.emplace_back(rows[place].score, truth[place].positive);
    std::sort(part.begin(), part.end(),
              [](const auto &a, const auto &b) { return a.first < b.first; });
    double ranks = 0.0, positives = 0.0;
    for (std::size_t first = 0, last; first < part.size(); first = last) {
        double tied = 0.0;
        for (last = first; last < part.size() && part[last].first == part[first].first;
             ++last)
            tied += part[last].second;
        ranks += tied * (static_cast<double>(first + last) + 1.0) / 2.0;
        positives += tied;
    }
    const double negatives = static_cast<double>(part.size()) - positives;
    return (ranks - positives * (positives + 1.0) / 2.0) / (positives * negatives);
}

static double milliseconds(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() -
                                                     begun)
        .count();
}

int main(int count, char **arguments) {
    if (count != 5) fail("four arguments, please");
    const bool scatter = std::strcmp(arguments[1], "scatter") == 0;
    const int rounds = std::atoi(arguments[2]);
    const auto truth = read_solution(content(arguments[3]));
    const auto submission = content(arguments[4]);
    std::vector<Row> rows, spare;
    std::vector<std::pair<double, bool>> part;
    rows.reserve(truth.size());
    double areas[2] = {0.0, 0.0};
    std::printf("{\"rounds\": [");
    for (int round = 0; round < rounds; ++round) {
        double marks[3];
        const auto begun = std::chrono::steady_clock::now();
        read_submission(submission, rows);
        marks[0] = milliseconds(begun);
        align(rows, truth, scatter, spare);
        marks[1] = milliseconds(begun);
        areas[0] = area(rows, truth, true, part);
        areas[1] = area(rows, truth, false, part);
        marks[2] = milliseconds(begun);
        std::printf("%s[%.3f, %.3f, %.3f]", round ? ", " : "", marks[0],
                    marks[1] - marks[0], marks[2] - marks[1]);
    }
    std::printf("], \"public\": %.17g, \"private\": %.17g}\n", areas[0], areas[1]);
    return 0;
}
