// sdsl-lite's side of the FM-index benchmark: csa_wt_int<> as its documentation shows it, with the parameters that SEAL
// uses (balanced wavelet tree over an integer alphabet, suffix array sampled every 32 rows, its inverse every 64), on
// SEAL's layout (each document backward, then an end mark; tokens + 10). JSON lines in and out, as bench/src/peer.ts
// speaks them. Compiled by bench/src/fm-index.ts: g++ -O3 -march=native.
#include <sdsl/suffix_arrays.hpp>
#include <sdsl/wt_algorithm.hpp>
#include <sys/resource.h>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using index_type = sdsl::csa_wt_int<>;
static_assert(index_type::sa_sample_dens == 32 && index_type::isa_sample_dens == 64, "SEAL's parameters");

static const uint64_t shift = 10, end_mark = 1;
static const uint64_t most_located = 100;  // as in bench/src/fm-queries.ts
static std::string folder;
static index_type csa;
static std::vector<int32_t> starts;

struct range {
  uint64_t first, last;  // inclusive, as backward_search has them
};

static double cpu_seconds() {
  rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static long resident(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(field, 0) == 0) return std::stol(line.substr(std::string(field).size())) * 1024;
  return 0;
}

static std::vector<int32_t> words(const std::string& name) {
  std::ifstream file(folder + "/" + name, std::ios::binary | std::ios::ate);
  std::vector<int32_t> result(file.tellg() / 4);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(result.data()), result.size() * 4);
  return result;
}

static std::vector<std::vector<int32_t>> queries(const std::string& name) {
  std::vector<std::vector<int32_t>> result;
  const auto all = words(name + ".bin");
  for (size_t at = 0; at < all.size(); at += all[at] + 1)
    result.emplace_back(all.begin() + at + 1, all.begin() + at + 1 + all[at]);
  return result;
}

static uint64_t find(const std::vector<int32_t>& ngram, range& rows) {
  rows = {0, csa.size() - 1};
  uint64_t count = csa.size();
  for (size_t i = 0; i < ngram.size() && count > 0; i++)
    count = sdsl::backward_search(csa, rows.first, rows.last, ngram[i] + shift, rows.first, rows.last);
  return count;
}

static std::vector<range> found(const std::string& name, uint64_t most) {
  std::vector<range> result;
  for (const auto& ngram : queries(name)) {
    range rows;
    const uint64_t count = find(ngram, rows);
    if (count > 0 && count <= most) result.push_back(rows);
  }
  return result;
}

template <class Work>
static void timed(Work work) {
  uint64_t units = 0, check = 0;
  const auto from = std::chrono::steady_clock::now();
  const double before = cpu_seconds();
  work(units, check);
  const double cpu = cpu_seconds() - before;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  std::printf("{\"ok\":{\"units\":%lu,\"check\":%lu,\"cpu\":%.9f,\"wall\":%.9f}}\n", units, check, cpu, wall);
}

int main(int, char** arguments) {
  folder = arguments[1];
  std::vector<std::vector<int32_t>> counted;
  std::vector<range> next, located;
  std::vector<uint64_t> symbols, low, high;
  for (std::string line; std::getline(std::cin, line);) {
    const auto asked = [&](const char* what) { return line.find("\"" + std::string(what) + "\"") != std::string::npos; };
    if (asked("build")) {
      const long before = resident("VmRSS:");
      const double from = cpu_seconds();
      // SEAL's own way: from a file of 32-bit integers, intermediate results in files as well
      sdsl::cache_config cache(true, folder, "peer");
      sdsl::construct(csa, folder + "/backward.bin", cache, 4);
      std::printf("{\"ok\":{\"units\":1,\"check\":%lu,\"cpu\":%.9f,\"wall\":0,\"bytes\":%lu,\"before\":%ld,\"peak\":%ld}}\n",
                  csa.size(), cpu_seconds() - from, static_cast<unsigned long>(sdsl::size_in_bytes(csa)), before,
                  resident("VmHWM:"));
    } else if (asked("load")) {
      counted = queries("count");
      next = found("next", csa.size());
      located = found("locate", most_located);
      starts.assign(1, 0);
      for (const auto length : words("lengths.bin")) starts.push_back(starts.back() + length + 1);
      for (auto* each : {&symbols, &low, &high}) each->resize(csa.wavelet_tree.sigma);
      std::printf("{\"ok\":null}\n");
    } else if (asked("count")) {
      timed([&](uint64_t& units, uint64_t& check) {
        range rows;
        for (const auto& ngram : counted) check += find(ngram, rows);
        units = counted.size();
      });
    } else if (asked("next")) {
      timed([&](uint64_t& units, uint64_t& check) {
        for (const auto& rows : next) {
          uint64_t many = 0;
          sdsl::interval_symbols(csa.wavelet_tree, rows.first, rows.last + 1, many, symbols, low, high);
          for (uint64_t i = 0; i < many; i++) {
            // a token as SEAL gives it back; the sentinel and the end mark are no tokens here
            if (symbols[i] == 0 || symbols[i] == end_mark) continue;
            check += (symbols[i] - shift) * (high[i] - low[i]);
            units++;
          }
        }
      });
    } else if (asked("locate")) {
      timed([&](uint64_t& units, uint64_t& check) {
        for (const auto& rows : located) {
          for (uint64_t row = rows.first; row <= rows.last; row++, units++) {
            const int32_t place = csa[row];
            check += std::upper_bound(starts.begin(), starts.end(), place) - starts.begin() - 1;
          }
        }
      });
    } else {
      std::printf("{\"error\":\"expected build, load, count, next or locate\"}\n");
    }
    std::fflush(stdout);
  }
}
