#include <filesystem>

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "unit/provider/support.hpp"

// The decoders read the common deltas without building a document. Whether they do must not be seen from outside.

namespace errand::provider::test {

namespace {

// The same stream with a key in each event that sends it down the long way.
std::string the_long_way(const std::string& body, const std::string& extra) {
  return text::replace_all(body, "data: {", "data: {" + extra);
}

std::string shown(const chat::stream::StreamEvent& event) {
  namespace stream = chat::stream;
  if (const auto* e = std::get_if<stream::TextDelta>(&event)) return "text " + std::to_string(e->block) + " " + e->text;
  if (const auto* e = std::get_if<stream::ThinkingDelta>(&event))
    return "think " + std::to_string(e->block) + " " + e->text;
  if (const auto* e = std::get_if<stream::ToolCallDelta>(&event))
    return "call " + std::to_string(e->block) + " " + e->arguments;
  return "other " + std::to_string(event.index());
}

std::vector<std::string> shown(const std::vector<chat::stream::StreamEvent>& events) {
  std::vector<std::string> out;
  for (const auto& event : events) out.push_back(shown(event));
  return out;
}

// Every protocol's streams: our own, and the recorded ones where they are.
std::vector<std::string> streams() {
  std::vector<std::string> out;
  std::vector<std::string> roots = {std::string(ERRAND_SOURCE_DIR) + "/tests/golden/provider"};
  if (const auto recorded = recordings()) roots.push_back(*recorded);
  for (const auto& root : roots) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
      const auto path = file.path().string();
      if (file.path().extension() == ".sse") out.push_back(path);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("hot path: every stream decodes to the same events with and without it", "[provider][hot]") {
  const auto anthropic = make_anthropic_codec();
  const auto gemini = make_gemini_codec();
  const auto openai = make_openai_chat_codec();
  const auto responses = make_openai_responses_codec();
  const auto all = streams();
  REQUIRE(all.size() >= 10);
  for (const auto& path : all) {
    CAPTURE(path);
    const auto body = read_file(path);
    for (const auto& [codec, extra] :
         {std::pair{anthropic.get(), "\"x\":0,"}, std::pair{gemini.get(), "\"x\":0,"},
          std::pair{openai.get(), "\"error\":false,"}, std::pair{responses.get(), "\"x\":0,"}}) {
      const auto fast = decode(*codec, body);
      const auto slow = decode(*codec, the_long_way(body, extra));
      CHECK(shown(fast.events) == shown(slow.events));
      CHECK(fast.error == slow.error);
      // Ids that we make up differ; what they name does not.
      CHECK(fast.message.text() == slow.message.text());
      CHECK(fast.message.content.size() == slow.message.content.size());
      CHECK(fast.message.usage == slow.message.usage);
    }
  }
}

}  // namespace errand::provider::test
