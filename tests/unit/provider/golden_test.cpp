#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "unit/provider/support.hpp"

// Our own small set of streams, tests/golden/provider/<protocol>-<what>.sse, each with what it must decode to beside it
// (.json). UPDATE_GOLDEN=1 writes those anew.

namespace errand::provider::test {

namespace {

std::vector<std::filesystem::path> golden_streams() {
  std::vector<std::filesystem::path> out;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(ERRAND_SOURCE_DIR) + "/tests/golden/provider")) {
    if (file.path().extension() == ".sse") out.push_back(file.path());
  }
  std::ranges::sort(out);
  return out;
}

struct Protocol {
  std::string_view name;
  std::unique_ptr<Codec> (*codec)();
  Endpoint (*endpoint)();
};
constexpr Protocol protocols[] = {
    {"anthropic", make_anthropic_codec, anthropic_endpoint},
    {"gemini", make_gemini_codec, gemini_endpoint},
    {"openai_chat", make_openai_chat_codec, openai_endpoint},
    {"openai_responses", make_openai_responses_codec, responses_endpoint},
};

const Protocol& protocol_of(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  const auto* found = std::ranges::find(protocols, name.substr(0, name.find('-')), &Protocol::name);
  REQUIRE(found != std::end(protocols));
  return *found;
}

Json outcome(const Decoded& decoded) {
  Json out = {{"message", chat::to_json(decoded.message)}};
  if (decoded.error) {
    out["error"] = {{"kind", name_of(decoded.error->kind)},
                    {"message", decoded.error->message},
                    {"retryable", decoded.error->retryable}};
  }
  return out;
}

}  // namespace

TEST_CASE("golden: each stream decodes to what stands beside it, however it is cut", "[provider][golden]") {
  const auto files = golden_streams();
  REQUIRE(files.size() >= 16);
  for (const auto& file : files) {
    CAPTURE(file.filename().string());
    const auto& protocol = protocol_of(file);
    const auto codec = protocol.codec();
    const auto endpoint = protocol.endpoint();
    const auto body = read_file(file);
    auto expected_path = file;
    expected_path.replace_extension(".json");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe): tests set no variables
      std::ofstream(expected_path) << outcome(decode(*codec, endpoint, {200, {}}, {body})).dump(2) << '\n';
    }
    const auto expected = Json::parse(read_file(expected_path));
    for (const auto chunking : {Chunking::whole, Chunking::lines, Chunking::bytes, Chunking::random}) {
      CAPTURE(chunking);
      CHECK(outcome(decode(*codec, endpoint, {200, {}}, chunks_of(body, chunking))).dump(2) == expected.dump(2));
    }
  }
}

}  // namespace errand::provider::test
