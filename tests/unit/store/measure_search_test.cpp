// Figures, not checks, as measure_test.cpp. ERRAND_MESSAGES says over how many messages (100,000); one million takes
// some minutes and 2 GB of disk to make. ERRAND_MEASURED_STORE names a directory where the store is kept for the next
// time.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

constexpr std::size_t messages_of_session = 100;

// Words as rare and as common as in a language (Zipf), and some whose share is known.
class Writer {
 public:
  std::string text(std::size_t message) {
    std::string out;
    const auto words = 20 + random_() % 80;
    for (std::size_t i = 0; i < words; ++i) out += word() + ' ';
    if (message % 100 == 0) out += "onepercent ";
    if (message % 10 == 0) out += "tenpercent ";
    if (message % 2 == 0) out += "everysecond ";
    if (message % 100'000 == 7) out += "veryrare ";
    return out;
  }

 private:
  // The k-th of V words comes with a share of about 1 / k.
  std::string word() {
    const double u = std::uniform_real_distribution<double>(0, 1)(random_);
    const auto rank = static_cast<std::uint32_t>(std::exp(u * std::log(200'000.0)));
    std::string out;
    for (auto n = rank * 2654435761U % 200'003U + 26; n > 0; n /= 26) out += static_cast<char>('a' + n % 26);
    return out;
  }

  std::mt19937 random_{1};
};

std::size_t messages() {
  const char* text = std::getenv("ERRAND_MESSAGES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 100'000;
}

// The bytes of all texts.
std::size_t fill(Store& store, std::size_t count) {
  Writer writer;
  std::size_t bytes = 0;
  std::string session;
  for (std::size_t i = 0; i < count; i += messages_of_session) {
    auto start = a_session();
    start.agent = fmt::format("agent{}", i / messages_of_session % 50);
    start.project = fmt::format("/project/{}", i / messages_of_session % 20);
    session = store.create(start).value().id;
    std::vector<Lasting> events;
    for (std::size_t k = i; k < i + messages_of_session; ++k) {
      const auto text = writer.text(k);
      bytes += text.size();
      const auto seconds = static_cast<int>(k * 60 / messages_of_session);
      const auto id = fmt::format("0192f3a4-0000-7000-8000-{:012}", k);
      events.push_back(k % 3 == 0 ? user_says(session, seconds, id, text) : assistant_says(session, seconds, id, text));
    }
    REQUIRE(store.append(session, events, {}));
  }
  return bytes;
}

double milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("measure: a search", "[.measure]") {
  const TempDir temporary;
  const char* kept = std::getenv("ERRAND_MEASURED_STORE");
  const std::string directory = kept != nullptr ? kept : temporary.path();
  const auto path = directory + "/ada/errand.db";
  const auto count = messages();
  if (!path_exists(path)) {
    const auto begin = std::chrono::steady_clock::now();
    const auto bytes = fill(*open(directory, "ada", OpenMode::create).value(), count);
    const auto on_disk = std::filesystem::file_size(path);
    fmt::print("{} messages made in {:.0f} s: {} bytes of text, {} on disk, {:.2f} times\n", count,
               milliseconds_since(begin) / 1000, bytes, on_disk,
               static_cast<double>(on_disk) / static_cast<double>(bytes));
  }
  const std::vector<std::pair<const char*, SearchQuery>> queries = {
      {"rare", {.text = "veryrare"}},
      {"1 %", {.text = "onepercent"}},
      {"10 %", {.text = "tenpercent"}},
      {"50 %", {.text = "everysecond"}},
      {"1 % and 50 %", {.text = "onepercent everysecond"}},
      {"10 % and 50 %", {.text = "tenpercent everysecond"}},
      {"phrase", {.text = "\"onepercent tenpercent\""}},
      {"beginning of 1 %", {.text = "onepercen*"}},
      {"beginning of two letters", {.text = "ab*"}},
      {"50 % without 10 %", {.text = "everysecond -tenpercent"}},
      {"50 %, by user", {.text = "everysecond", .role = SearchRole::user}},
      {"50 %, agent", {.text = "everysecond", .agent = "agent3"}},
      {"50 %, project", {.text = "everysecond", .project = "/project/3"}},
      {"50 %, first day", {.text = "everysecond", .until = at(86'400)}},
      {"50 %, since last day", {.text = "everysecond", .since = at(static_cast<int>(count * 60 / 100) - 86'400)}},
  };
  for (const auto& [name, query] : queries) {
    std::vector<double> times;
    std::vector<double> busy;
    for (int i = 0; i < 7; ++i) {
      const auto store = open(directory, "ada", OpenMode::existing_only).value();
      const auto clock = std::clock();
      const auto begin = std::chrono::steady_clock::now();
      const auto found = store->search(query);
      times.push_back(milliseconds_since(begin));
      busy.push_back(static_cast<double>(std::clock() - clock) * 1000 / CLOCKS_PER_SEC);
      REQUIRE(found);
    }
    std::sort(times.begin(), times.end());
    std::sort(busy.begin(), busy.end());
    fmt::print("{:28} median {:8.1f} ms, slowest {:8.1f} ms; CPU {:8.1f} ms\n", name, times[3], times.back(), busy[3]);
  }
}
