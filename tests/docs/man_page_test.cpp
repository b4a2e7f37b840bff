#include <algorithm>
#include <cstdlib>
#include <utility>
#include <variant>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "chat/event_json.hpp"
#include "cli/command.hpp"
#include "cli/manual_page.hpp"
#include "repl/slash.hpp"
#include "support/temp_dir.hpp"

using namespace errand;

namespace {

std::string man_page(const std::string& name) {
  return text::replace_all(read_file(std::string(ERRAND_SOURCE_DIR) + "/man/" + name).value(), "Fl -", "--");
}

template <std::size_t... index>
std::vector<chat::EventBody> one_of_each(std::index_sequence<index...>) {
  return {chat::EventBody(std::in_place_index<index>)...};
}

}  // namespace

TEST_CASE("man: errand(1) names every command and every option", "[docs]") {
  const auto page = man_page("errand.1");
  for (const auto& entry : cli::commands()) {
    CAPTURE(entry.name);
    CHECK(page.find(entry.name) != std::string::npos);
    cli::Globals globals;
    const auto command = entry.make();
    for (const auto& option : cli::options_of(entry, *command, globals).names()) {
      CAPTURE(option);
      if (option.starts_with("--")) CHECK(page.find(option) != std::string::npos);
    }
  }
}

TEST_CASE("man: every command has a page that is well-formed, with all its options", "[docs]") {
  const test::TempDir directory;
  for (const auto& entry : cli::commands()) {
    CAPTURE(entry.name);
    const auto page = cli::manual_page(entry);
    const auto path = directory / fmt::format("errand-{}.1", entry.name);
    REQUIRE(write_file_atomic(path, page));
    CHECK(std::system(fmt::format("mandoc -Tlint -Wwarning {}", path).c_str()) == 0);
    cli::Globals globals;
    const auto command = entry.make();
    for (const auto& option : cli::options_of(entry, *command, globals).names()) {
      CAPTURE(option);
      CHECK(page.find("Fl \"" + text::replace_all(option.substr(1), "-", "\\-") + "\"") != std::string::npos);
    }
  }
}

TEST_CASE("man: errand(1) names every command of a chat", "[docs]") {
  const auto page = man_page("errand.1");
  for (const auto& command : repl::slash_commands()) {
    CAPTURE(command.name);
    CHECK(page.find(fmt::format(".It Ic {}", command.name)) != std::string::npos);
  }
}

TEST_CASE("man: errand-events(5) names every event and every field of it", "[docs]") {
  const auto page = man_page("errand-events.5");
  for (const auto& body : one_of_each(std::make_index_sequence<std::variant_size_v<chat::EventBody>>())) {
    CAPTURE(chat::type_of(body));
    CHECK(page.find(std::string(chat::type_of(body))) != std::string::npos);
    const auto fields = chat::body_json(body);
    for (const auto& [key, value] : fields.items()) {
      CAPTURE(key);
      CHECK(page.find(key) != std::string::npos);
    }
  }
}
